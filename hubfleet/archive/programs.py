"""Small programs that run beside the files, in a pod with a plain Python 3 and the volume mounted.

They are passed in the pod's environment and started by name. What they agree on: sockets and devices are left out
(they mean nothing without their process or their machine), and so is an empty `lost+found` at the top, which belongs
to the file system. Names are bytes; what is no UTF-8 travels as surrogates. The first argument is the volume's folder,
the second, where it is given, a folder in it.
"""

from __future__ import annotations

_WALK = r"""
import os, stat, sys
root = os.path.join(*sys.argv[1:3])
kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}
def fail(trouble):
    raise trouble
def of_file_system(path):
    return path == os.path.join(root, "lost+found") and os.path.isdir(path) and not os.listdir(path)
def things():
    if len(sys.argv) > 2 and not os.path.isdir(root):
        return
    for folder, folders, files in os.walk(root, onerror=fail):
        folders.sort()
        links = [each for each in folders if os.path.islink(os.path.join(folder, each))]
        above = [] if folder == root else [folder]
        for path in above + [os.path.join(folder, each) for each in sorted(files + links)]:
            found = os.lstat(path)
            kind = kinds.get(stat.S_IFMT(found.st_mode))
            if kind and not of_file_system(path):
                yield os.path.relpath(path, root), path, kind, found
"""

# A line of JSON for each thing (`entries.Entry`), with the SHA-256 of each file's content.
LISTING = (
    _WALK
    + r"""
import hashlib, json
def content(path):
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            whole.update(chunk)
    return whole.hexdigest()
for name, path, kind, found in things():
    print(json.dumps({
        "path": name, "kind": kind, "mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid,
        "size": found.st_size if kind == "file" else 0, "sha256": content(path) if kind == "file" else "",
        "target": os.readlink(path) if kind == "link" else ""}))
"""
)

# One line: how many things, how many bytes of content, and a SHA-256 over names, sizes, owners, modes and times. It
# reads no content, and is another one after every change: the time of a change (ctime) can not be set by programs.
FINGERPRINT = (
    _WALK
    + r"""
import hashlib, json
whole, count, size = hashlib.sha256(), 0, 0
for name, path, kind, found in things():
    facts = (name, kind, found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_ctime_ns)
    whole.update(ascii((facts, found.st_size if kind == "file" else 0)).encode() + b"\n")
    count, size = count + 1, size + (found.st_size if kind == "file" else 0)
print(json.dumps({"things": count, "bytes": size, "sha256": whole.hexdigest()}))
"""
)

# A gzip-compressed tar stream of everything, on standard output. Its header has neither a name nor a time.
TAR = (
    _WALK
    + r"""
import gzip, tarfile
packed = gzip.GzipFile("", "wb", 4, sys.stdout.buffer, 0)
tar = tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape")
for name, path, kind, found in things():
    info = tar.gettarinfo(path, name)
    info.uname = info.gname = ""
    if info.isreg():
        with open(path, "rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)
tar.close()
packed.close()
sys.stdout.buffer.flush()
"""
)

# Writes a new file from a stream. Blocks of zeros become holes, so that a sparse file stays one.
_FILL = r"""
def fill(path, source):
    with open(path, "xb") as file:
        while chunk := source.read(1 << 16):
            if chunk.count(0) == len(chunk):
                file.seek(len(chunk), 1)
            else:
                file.write(chunk)
        file.truncate()
"""

# Unpacks such a stream from standard input into a new folder below the root, and syncs it to disk. A third argument is
# JSON: `chosen`, names at the top (none: all), and `owners`, other numbers for users.
EXTRACT = (
    _FILL
    + r"""
import gzip, json, os, shutil, stat, sys, tarfile
root, folder = sys.argv[1:3]
wishes = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
chosen, owners = set(wishes.get("chosen", ())), {int(old): new for old, new in wishes.get("owners", {}).items()}
into = os.path.join(root, folder)
if os.path.lexists(into):
    shutil.rmtree(into)
os.mkdir(into, 0o700)
later = []
def place(name):
    path = os.path.normpath(name)
    if os.path.isabs(path) or path.split("/")[0] in ("..", "."):
        sys.exit("a name that leaves the folder: " + ascii(name))
    return os.path.join(into, path)
def wanted(name):
    return not chosen or os.path.normpath(name).split("/")[0] in chosen
def put(tar, member, path):
    if member.isreg():
        fill(path, tar.extractfile(member))
    elif member.isdir():
        os.mkdir(path, 0o700)
    elif member.issym():
        os.symlink(member.linkname, path)
    elif member.isfifo():
        os.mkfifo(path)
    elif member.islnk():
        os.link(place(member.linkname), path)
        return
    else:
        sys.exit("a device or something unknown: " + ascii(member.name))
    os.lchown(path, owners.get(member.uid, member.uid), member.gid)
    if member.issym():
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)
    else:
        later.append((path, member.mode, member.mtime))
packed = gzip.GzipFile(fileobj=sys.stdin.buffer)
with tarfile.open(fileobj=packed, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
    for member in tar:
        if wanted(member.name):
            put(tar, member, place(member.name))
while packed.read(1 << 20):
    pass
for path, mode, changed in reversed(later):
    os.chmod(path, stat.S_IMODE(mode))
    os.utime(path, (changed, changed))
os.sync()
"""
)

# Moves what was unpacked to where people find it; started again after a crash it goes on. Arguments: root, the folder
# with what was unpacked, the home's folder below the root (empty: the root itself) and its owner as `uid:gid`, and the
# folder that gets what is in the way. Without it, what is in the way stays, and nothing is moved any further. The last
# is where files of a server's run are, such as `.local/share/jupyter/runtime`, with `*` for any folder: there, what is
# in the way stays, and what was unpacked goes.
# What is there already with the same content is left as it is. Where the server of the homes limits each folder by
# itself (XFS's project quotas), nothing can be renamed from one into another (EXDEV), and is copied instead.
MERGE = (
    _FILL
    + r"""
import errno, os, shutil, stat, sys
root, staging, home, owner, aside, runtime = sys.argv[1:7]
sys.setrecursionlimit(20000)
source, target = os.path.join(root, staging), os.path.join(root, home)
def is_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)
def content(path):
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
def same(one, other):
    a, b = os.lstat(one), os.lstat(other)
    if stat.S_IFMT(a.st_mode) != stat.S_IFMT(b.st_mode):
        return False
    if stat.S_ISLNK(a.st_mode):
        return os.readlink(one) == os.readlink(other)
    return not stat.S_ISREG(a.st_mode) or a.st_size == b.st_size and all(
        x == y for x, y in zip(content(one), content(other)))
def move(one, other):
    try:
        return os.rename(one, other)
    except OSError as trouble:
        if trouble.errno != errno.EXDEV:
            raise
    made, link = os.lstat(one), os.path.islink(one)
    part = other if is_folder(one) else os.path.join(os.path.dirname(other), ".hubfleet-restore-part")
    if os.path.lexists(part):
        os.unlink(part)
    if link:
        os.symlink(os.readlink(one), part)
    elif is_folder(one):
        os.mkdir(part, 0o700)
    elif stat.S_ISFIFO(made.st_mode):
        os.mkfifo(part)
    else:
        with open(one, "rb") as source:
            fill(part, source)
    os.lchown(part, made.st_uid, made.st_gid)
    for each in sorted(os.listdir(one)) if is_folder(one) else []:
        move(os.path.join(one, each), os.path.join(part, each))
    if not link:
        os.chmod(part, stat.S_IMODE(made.st_mode))
    os.utime(part, ns=(made.st_mtime_ns, made.st_mtime_ns), follow_symlinks=False)
    if is_folder(one):
        return os.rmdir(one)
    os.rename(part, other)
    os.unlink(one)
def put_aside(path, name):
    to, made = os.path.join(target, aside, name), os.lstat(path)
    if os.path.lexists(to):
        sys.exit("was put aside before, and is there again: " + ascii(name))
    folder, missing = os.path.dirname(to), []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for each in reversed(missing):
        os.mkdir(each, 0o700)
        os.lchown(each, made.st_uid, made.st_gid)
    move(path, to)
def of_a_run(name):
    pattern, words = runtime.split("/"), name.split("/")
    return len(words) >= len(pattern) and all(a in ("*", b) for a, b in zip(pattern, words))
def put(one, other, name):
    if not os.path.lexists(other):
        move(one, other)
    elif is_folder(one) and is_folder(other):
        for each in sorted(os.listdir(one)):
            put(os.path.join(one, each), os.path.join(other, each), os.path.join(name, each))
        os.rmdir(one)
    elif not is_folder(one) and same(one, other):
        os.unlink(one)
    elif of_a_run(name):
        shutil.rmtree(one) if is_folder(one) else os.unlink(one)
    elif aside:
        put_aside(other, name)
        move(one, other)
    else:
        sys.exit("is there already, and was left alone: " + ascii(name))
if home and not os.path.lexists(target):
    os.makedirs(target)
    os.chown(target, *map(int, owner.split(":")))
for each in sorted(os.listdir(source)) if os.path.isdir(source) else []:
    put(os.path.join(source, each), os.path.join(target, each), each)
if os.path.isdir(source):
    os.rmdir(source)
os.sync()
"""
)

# One line of JSON: how many bytes may still be written at the root, and in the folder below it where that is there
# (a folder may have a quota of its own). Arguments: root, the folder (empty: the root itself).
ROOM = r"""
import json, os, sys
root, home = sys.argv[1:3]
def room(path):
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
path = os.path.join(root, home)
print(json.dumps({"root": room(root), "home": room(path if os.path.isdir(path) else root)}))
"""

# Removes what was unpacked. Arguments: root, the folder with it.
CLEAR = r"""
import os, shutil, sys
path = os.path.join(*sys.argv[1:3])
if os.path.lexists(path):
    shutil.rmtree(path)
"""
