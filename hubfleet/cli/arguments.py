"""Arguments of tasks where invoke's own are not enough: CLUSTER/HUB in one word, and options that are no names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from invoke.exceptions import ParseError
from invoke.parser.argument import Argument


def fitted(plain: Sequence[Argument]) -> list[Argument]:
    """A task's arguments; `hub` may be given in one word with `cluster` where both are given by their places."""
    found: list[Argument] = []
    cluster: _Cluster | None = None
    for each in plain:
        if not each.positional:
            found.append(each)
        elif each.name == "cluster":
            cluster = _Cluster(**_options(each))
            found.append(cluster)
        elif each.name == "hub" and cluster is not None:
            found.append(_Hub(cluster, **_options(each)))
        else:
            found.append(_Positional(**_options(each)))
    return found


def _options(plain: Argument) -> dict[str, Any]:
    names = ("names", "kind", "default", "help", "positional", "optional", "incrementable", "attr_name")
    return {name: getattr(plain, name) for name in names}


class _Positional(Argument):
    """One that is given by its place: what begins with a dash is a misspelt option, not its value."""

    def set_value(self, value: Any, cast: bool = True) -> None:
        """invoke's own. Raises ParseError where the value begins with a dash."""
        if isinstance(value, str) and value.startswith("-") and value != "-":
            raise ParseError(f"No idea what {value!r} is!")
        super().set_value(value, cast)


class _Cluster(_Positional):
    """The cluster of `CLUSTER HUB` or `CLUSTER/HUB`."""

    @property
    def value(self) -> Any:
        """Its name; None: not given."""
        return self._value.partition("/")[0] if isinstance(self._value, str) else self._value

    @value.setter
    def value(self, arg: str) -> None:
        self.set_value(arg)

    @property
    def after_slash(self) -> str | None:
        """The hub's name, where it was given in the same word."""
        return (self._value.partition("/")[2] or None) if isinstance(self._value, str) else None


class _Hub(_Positional):
    """The hub of `CLUSTER HUB` or `CLUSTER/HUB`."""

    def __init__(self, cluster: _Cluster, **options: Any) -> None:
        super().__init__(**options)
        self.cluster = cluster

    @property
    def value(self) -> Any:
        """Its name; None: not given."""
        return self._value if self._value is not None else self.cluster.after_slash

    @value.setter
    def value(self, arg: str) -> None:
        self.set_value(arg)
