"""A chart as its files' content: read from a folder or an archive, written as an archive that is always the same.

helm's own `package` writes the time into the archive, so that equal charts differ; ours do not, and no process
is needed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from hubfleet.errors import HubfleetError

Files = Mapping[str, bytes]


def read_folder(folder: Path, *, without: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of a chart's folder by their path in it, without what its .helmignore names.

    Args:
        folder: the chart.
        without: further patterns, in the manner of .helmignore.

    Raises:
        HubfleetError: it is no chart, or can not be read.
    """
    if not (folder / "Chart.yaml").is_file():
        raise HubfleetError("this folder is no helm chart", where=str(folder), evidence="it has no Chart.yaml")
    try:
        patterns = (*_patterns(folder / ".helmignore"), *without)
        return {name: (folder / name).read_bytes() for name in _names(folder, patterns)}
    except OSError as trouble:
        raise HubfleetError("the chart can not be read", where=str(folder), evidence=str(trouble)) from trouble


def metadata(files: Files, where: Path) -> dict[str, Any]:
    """What Chart.yaml says.

    Args:
        files: of the chart.
        where: the chart, for messages.
    """
    import yaml

    try:
        found = yaml.safe_load(files["Chart.yaml"])
    except (KeyError, yaml.YAMLError) as trouble:
        raise HubfleetError(
            "the chart has no readable Chart.yaml", where=str(where), evidence=str(trouble)
        ) from trouble
    if not isinstance(found, dict) or not {"name", "version"} <= found.keys():
        raise HubfleetError("Chart.yaml names no chart and version", where=str(where))
    return found


def chart_yaml(archive: bytes, where: Path) -> dict[str, bytes]:
    """The Chart.yaml of a packaged chart, the only file of it that hubfleet reads."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                parts = PurePosixPath(member.name).parts
                if parts[1:] == ("Chart.yaml",):
                    file = tar.extractfile(member)
                    return {"Chart.yaml": file.read()} if file else {}
    except (tarfile.TarError, OSError, EOFError) as trouble:
        raise HubfleetError("this is no packaged chart (.tgz)", where=str(where), evidence=str(trouble)) from trouble
    return {}


def digest(content: bytes) -> str:
    """`sha256:...` of a file's content, as registries and chart repositories write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_of(files: Files) -> str:
    """`sha256:...` of a set of files: their paths and contents, and nothing else."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name}\0{digest(content)}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def write_archive(files: Files, name: str, target: Path) -> None:
    """Write a packaged chart. It is there whole or not at all, also when two write it at once.

    Args:
        files: by their path in the chart.
        name: the chart's name, which is the folder in the archive.
        target: the archive.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(_archive(files, name))
        temporary.replace(target)
    except OSError as trouble:
        raise unwritable("the packaged chart", target, trouble) from trouble
    finally:
        with suppress(OSError):
            temporary.unlink()


def unwritable(what: str, where: Path, trouble: OSError) -> HubfleetError:
    """The error for a file that the machine does not let us write."""
    next_step = f"df -h and ls -ld {where.parent}: is there space, and is it yours?"
    return HubfleetError(f"{what} can not be written", where=str(where), evidence=str(trouble), next_step=next_step)


def _archive(files: Files, name: str) -> bytes:
    whole = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=whole, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def _names(folder: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if path.is_file() and not _ignored(relative, patterns):
            yield str(relative)


def _patterns(helmignore: Path) -> tuple[str, ...]:
    """Lines of .helmignore (https://helm.sh/docs/chart_template_guide/helm_ignore_file/), and what is never wanted."""
    lines = helmignore.read_text(encoding="utf-8").splitlines() if helmignore.is_file() else []
    own = (line.strip() for line in lines)
    return (".*", "__pycache__", "*.pyc", *(line for line in own if line and not line.startswith(("#", "!"))))


def _ignored(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    above = [str(each) for each in (path, *path.parents) if each.name]
    for pattern in patterns:
        wanted = pattern.rstrip("/")
        if "/" in wanted:
            if any(fnmatchcase(each, wanted.lstrip("/")) for each in above):
                return True
        elif any(fnmatchcase(part, wanted) for part in path.parts):
            return True
    return False
