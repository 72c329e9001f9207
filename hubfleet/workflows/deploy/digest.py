"""The intent digest: what the files ask for, as one label value."""

from __future__ import annotations

import hashlib

LABEL_LIMIT = 63  # a Kubernetes label value; 252 bits of SHA-256


def intent_digest(values: bytes, chart: str) -> str:
    """Hash of the merged plain values, the encrypted values of secret files, and the chart.

    Args:
        values: `Resolved.digest_material`.
        chart: the packaged chart's content digest.
    """
    return hashlib.sha256(chart.encode() + b"\0" + values).hexdigest()[:LABEL_LIMIT]
