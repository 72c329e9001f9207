"""Whether a Kubernetes version fits a chart's `kubeVersion`, in the words that helm understands.

https://helm.sh/docs/topics/charts/#the-kubeversion-field: `>=`, `>`, `<=`, `<`, `=`, `!=`, `~`, `^`; a space or comma
means and, `||` means or. Only the numbers are compared: suffixes such as -0 or -gke.100 say nothing about what fits.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

_ONE = re.compile(r"(>=|<=|!=|=|>|<|~|\^)?\s*v?(\d+(?:\.(?:\d+|[xX*]))*)(?:[-+][\w.+-]*)?")
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "!=": operator.ne,
}  # fmt: skip
_PARTS = 3


def fits(version: str, constraint: str) -> bool | None:
    """Whether it fits; None where the constraint is not understood."""
    found = [_all(_numbers(version), part) for part in constraint.split("||")]
    if True in found:
        return True
    return None if None in found else False


def _all(version: tuple[int, ...], part: str) -> bool | None:
    text = part.replace(",", " ").strip()
    if text in ("", "*"):
        return True
    matches = list(_ONE.finditer(text))
    if _ONE.sub("", text).strip() or not matches:
        return None
    return all(_one(version, match[1] or "=", match[2]) for match in matches)


def _one(version: tuple[int, ...], sign: str, written: str) -> bool:
    given = tuple(int(each) for each in written.split(".") if each.isdigit())
    if sign in _COMPARE and len(given) == _PARTS:
        return _COMPARE[sign](version, given)
    if sign in _COMPARE:  # fewer numbers stand for all that begin so
        return _COMPARE[sign](version[: len(given)], given)
    kept = 1 if sign == "^" else 2 if sign == "~" and len(given) > 1 else len(given)
    return version[:kept] == given[:kept] and version >= given


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(each) for each in re.findall(r"\d+", version.partition("-")[0])][:_PARTS]
    return (*found, *[0] * (_PARTS - len(found)))
