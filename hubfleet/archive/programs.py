"""Small programs that run beside the files, in a pod with a plain Python 3 and the volume mounted.

They are passed in the pod's environment and started by name. What they agree on: sockets and devices are left out
(they mean nothing without their process or their machine), and so is an empty `lost+found` at the top, which belongs
to the file system. Names are bytes; what is no UTF-8 travels as surrogates.
"""

from __future__ import annotations

_WALK = r"""
import os, stat, sys
root = os.fsdecode(os.fsencode(sys.argv[1]))
kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}
def fail(trouble):
    raise trouble
def of_file_system(path):
    return path == os.path.join(root, "lost+found") and os.path.isdir(path) and not os.listdir(path)
def things():
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

# Unpacks such a stream from standard input into a new folder below the root, and syncs it to disk. Names given as
# further arguments choose what is at the top. Blocks of zeros become holes, so that a sparse file stays one.
EXTRACT = r"""
import gzip, os, shutil, stat, sys, tarfile
root, folder, chosen = sys.argv[1], sys.argv[2], set(sys.argv[3:])
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
def fill(path, source):
    with open(path, "xb") as file:
        while chunk := source.read(1 << 16):
            if chunk.count(0) == len(chunk):
                file.seek(len(chunk), 1)
            else:
                file.write(chunk)
        file.truncate()
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
    os.lchown(path, member.uid, member.gid)
    if not member.issym():
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

# What is at the top of a volume, but for what the file system and unfinished restores put there. A line of JSON.
TOP = r"""
import json, os, sys
names = sorted(os.listdir(sys.argv[1]))
print(json.dumps([each for each in names if each != "lost+found" and not each.startswith(".hubfleet-restore-")]))
"""

# Moves what was unpacked to where people find it, and says where: a line of JSON, name -> place. Nothing that exists is
# ever replaced. Started again after a crash it goes on. Arguments: root, staging folder, fallback folder, and a mode:
#   empty   the home was empty: everything to its top; what got in the way meanwhile sends a name to the fallback folder
#   folder  the home has files: everything to the fallback folder
#   shared  each name at the top is a home: to the top, or to the fallback folder of the home that is there
PUT = r"""
import json, os, sys
root, staging, fallback, mode = sys.argv[1:5]
source = os.path.join(root, staging)
def place(name):
    if mode == "folder":
        return os.path.join(fallback, name)
    there = os.path.join(root, name)
    if not os.path.lexists(there):
        return name
    if mode == "shared" and os.path.isdir(there) and not os.path.islink(there):
        return os.path.join(name, fallback)
    return os.path.join(fallback, name)
def make_fallback(like):
    path = os.path.join(root, fallback)
    if not os.path.lexists(path):
        os.mkdir(path, 0o700)
        os.lchown(path, like.st_uid, like.st_gid)
placed = {}
for name in sorted(os.listdir(source)) if os.path.isdir(source) else []:
    path, to = os.path.join(source, name), place(name)
    if os.path.dirname(to) == fallback:
        make_fallback(os.lstat(path))
    if os.path.lexists(os.path.join(root, to)):
        sys.exit("is there already, and was left alone: " + ascii(to))
    os.rename(path, os.path.join(root, to))
    placed[name] = to
if os.path.isdir(source):
    os.rmdir(source)
os.sync()
print(json.dumps(placed))
"""
