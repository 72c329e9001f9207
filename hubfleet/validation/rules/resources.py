"""Memory, CPU and disk: amounts that mean what the person thought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.validation import quantities
from hubfleet.validation.values import overrides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubfleet.fleet.keypath import KeyPath
    from hubfleet.validation.finding import Finding
    from hubfleet.validation.values import HubValues

_LEAST_MEMORY = 16 * 2**20  # less than any server needs: such a number was meant with a unit
_MOST_CORES = 512
_UNITS = ("K", "M", "G", "T")
_PAIRS = (("mem_guarantee", "mem_limit"), ("cpu_guarantee", "cpu_limit"))


def memory_form(values: HubValues) -> Iterator[Finding]:
    """Memory is an amount that KubeSpawner reads (K, M, G, T; not Gi), and not a few bytes."""
    for path, amount in _amounts(values, "mem"):
        bytes_ = quantities.spawner_memory(amount)
        if bytes_ is None:
            form = quantities.spawner_form(amount)
            hint = f"write {form}" if form else "write a number with K, M, G or T, such as 2G"
            yield values.finding(path, f"{amount!r} is no amount of memory: the hub would not start", hint)
        elif bytes_ < _LEAST_MEMORY:
            hint = f"write {amount}G" if isinstance(amount, int) else "write it with M or G"
            yield values.finding(path, f"{amount!r} is {bytes_:.0f} bytes of memory", hint)


def cpu_form(values: HubValues) -> Iterator[Finding]:
    """CPU is a number of cores."""
    for path, amount in _amounts(values, "cpu"):
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            cores = quantities.kubernetes(amount)
            hint = f"write {cores:g}" if cores is not None else "write a number such as 0.5"
            yield values.finding(path, f"{amount!r} is no number of cores: servers would not start", hint)
        elif amount > _MOST_CORES:
            hint = f"write {amount / 1000:g}, if millicores were meant"
            yield values.finding(path, f"{amount} cores are more than any machine has", hint)


def guarantee_limit(values: HubValues) -> Iterator[Finding]:
    """What is guaranteed is not more than the limit: Kubernetes refuses such a pod."""
    top = {f"{kind}_{end}": amount for kind, end, _, amount in _singleuser(values)}
    for kind, word in (("mem", "memory"), ("cpu", "cpu")):
        least, most = top.get(f"{kind}_guarantee"), top.get(f"{kind}_limit")
        yield from _order(values, ("singleuser", word), least, most, kind)
    for path, override in overrides(values):
        for low, high in _PAIRS:
            if low in override or high in override:
                least, most = override.get(low, top.get(low)), override.get(high, top.get(high))
                yield from _order(values, (*path, low if low in override else high), least, most, low.partition("_")[0])


def _order(values: HubValues, path: KeyPath, least: Any, most: Any, kind: str) -> Iterator[Finding]:
    low, high = (quantities.spawner_memory(each) for each in (least, most))
    if low is None or high is None or low <= high or (kind == "mem" and high < _LEAST_MEMORY):
        return
    at = values.later((*path, "guarantee"), (*path, "limit")) if path[-1] in {"memory", "cpu"} else path
    word = "memory" if kind == "mem" else kind
    yield values.finding(at, f"{least} of {word} are guaranteed, but the limit is {most}", "raise the limit")


def disk_form(values: HubValues) -> Iterator[Finding]:
    """Disks are Kubernetes quantities with a unit (10Gi; not 10GB, not 10)."""
    for path in (("singleuser", "storage", "capacity"), ("hub", "db", "pvc", "storage")):
        amount = values.get(*path)
        if amount is None:
            continue
        bytes_ = quantities.kubernetes(amount)
        form = quantities.spawner_form(amount)
        hint = f"write {form}i" if form else "write it with Gi, such as 10Gi"
        if bytes_ is None:
            yield values.finding(path, f"{amount!r} is no Kubernetes quantity", hint)
        elif bytes_ < _LEAST_MEMORY:
            hint = f"write {amount}Gi" if str(amount).isdigit() else hint
            yield values.finding(path, f"{amount!r} is a disk of {bytes_:g} bytes", hint)


def _amounts(values: HubValues, kind: str) -> Iterator[tuple[KeyPath, Any]]:
    for short, _, path, amount in _singleuser(values):
        if short == kind and amount is not None:
            yield path, amount
    for path, override in overrides(values):
        for end in ("guarantee", "limit"):
            amount = override.get(f"{kind}_{end}")
            if amount is not None and not (isinstance(amount, str) and "{" in amount):
                yield (*path, f"{kind}_{end}"), amount


def _singleuser(values: HubValues) -> Iterator[tuple[str, str, KeyPath, Any]]:
    for short, word in (("mem", "memory"), ("cpu", "cpu")):
        for end in ("guarantee", "limit"):
            path = ("singleuser", word, end)
            yield short, end, path, values.get(*path)
