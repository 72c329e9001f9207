"""YAML 1.1's single values: how PyYAML reads them, and where that surprises people or differs from helm.

helm reads values files with sigs.k8s.io/yaml (YAML 1.1 as Go's yaml.v2 knows it); the differences
below are held to the real program by tests/integration/test_values_like_helm.py.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubfleet.fleet.keypath import KeyPath

_TAG = "tag:yaml.org,2002:"
_PYYAML = yaml.constructor.SafeConstructor()
LARGEST_WHOLE = 1 << 53  # what JSON readers that use floats, helm's among them, keep exactly

_NUMBER_FOR_HELM = re.compile(
    r"[-+]?(?:0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|0[bB][01_]+|"
    r"(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?)"
)
_OCTAL = re.compile(r"[-+]?0[0-7_]+")


def trouble(written: str, value: Any) -> str:
    """Why an unquoted value is refused; empty when it is fine.

    Args:
        written: what stands in the file.
        value: what PyYAML reads.
    """
    if isinstance(value, str):
        return _text_trouble(written)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_trouble(written, value)
    return ""


def _text_trouble(written: str) -> str:
    if written in {"y", "Y", "n", "N"}:
        return f"{written} is text for some YAML readers and true or false for helm"
    if _NUMBER_FOR_HELM.fullmatch(written):
        return f"{written} is text for some YAML readers and a number for helm"
    return ""


def _number_trouble(written: str, value: float) -> str:
    if ":" in written:
        return f"{written} is read as the number {value} (base 60), and as text by helm"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{written} can not be passed to helm"
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return f"{written} is too large for a number: its last digits would change"
    return ""


def doubt(written: str, value: Any, path: KeyPath) -> tuple[str, str] | None:
    """What a person may have meant otherwise, as message and hint; None when it is clear."""
    if isinstance(value, bool) and written.lower() in {"yes", "no", "on", "off"}:
        plain = "true" if value else "false"
        return f"{written} is read as {plain}", f'write {plain}, or "{written}" if you mean the word'
    is_mode = bool(path) and str(path[-1]).lower().endswith("mode")
    if isinstance(value, int) and _OCTAL.fullmatch(written) and not is_mode:
        return f"{written} is read as the octal number {value}", f'write {value}, or "{written}" if you mean the text'
    return None


def _text(node: Any) -> str:
    return str(node.value)


def _null(_: Any) -> None:
    return None


def _bool(node: Any) -> bool:
    known = _PYYAML.bool_values
    if node.value.lower() not in known:
        raise ValueError("write true or false")
    return bool(known[node.value.lower()])


READERS: dict[str, Callable[[Any], Any]] = {
    f"{_TAG}str": _text,
    f"{_TAG}int": _PYYAML.construct_yaml_int,
    f"{_TAG}float": _PYYAML.construct_yaml_float,
    f"{_TAG}bool": _bool,
    f"{_TAG}null": _null,
    f"{_TAG}timestamp": _text,
}
