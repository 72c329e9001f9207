"""An image of one file, without docker: an OCI layout in a tar file.

Formats: https://github.com/opencontainers/image-spec (image-layout.md, manifest.md, config.md).
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """An image that holds one program, and runs it.

    Args:
        reference: name and tag, such as `hubfleet.local/pause:1`.
        name: of the program, in the image's root.
    """

    reference: str
    name: str
    program: bytes


def pack(images: list[Image], archive: Path) -> None:
    """Write an archive that `ctr images import` understands."""
    blobs: dict[str, bytes] = {}
    manifests = [_manifest(each, blobs) for each in images]
    index = {"schemaVersion": 2, "mediaType": _kind("index"), "manifests": manifests}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        for digest, content in blobs.items():
            _add(tar, f"blobs/sha256/{digest.removeprefix('sha256:')}", content)
        _add(tar, "index.json", _json(index))


def _manifest(image: Image, blobs: dict[str, bytes]) -> dict[str, Any]:
    layer = _keep(blobs, _layer(image), _kind("layer", ".tar"))
    config = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": [f"/{image.name}"]},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _kind("manifest"),
        "config": _keep(blobs, _json(config), _kind("config")),
        "layers": [layer],
    }
    names = {"io.containerd.image.name": image.reference, "org.opencontainers.image.ref.name": image.reference}
    return _keep(blobs, _json(manifest), _kind("manifest")) | {"annotations": names}


def _kind(part: str, form: str = "+json") -> str:
    return f"application/vnd.oci.image.{part}.v1{form}"


def _layer(image: Image) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        _add(tar, image.name, image.program, 0o755)
    return out.getvalue()


def _keep(blobs: dict[str, bytes], content: bytes, kind: str) -> dict[str, Any]:
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
