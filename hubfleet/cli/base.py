"""What every task shares: errors become a few red lines and an exit code, here and nowhere else."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.parser.argument import Argument
from invoke.tasks import Task
from invoke.tasks import task as invoke_task

from hubfleet import console as say
from hubfleet.cli.arguments import fitted
from hubfleet.cli.ending import ended_like_ctrl_c
from hubfleet.errors import HubfleetError, HubfleetWarning, Interrupted

__all__ = ["CLOSED_PIPE", "Exit", "close_output", "debugging", "say", "task"]

CLOSED_PIPE = 128 + 13  # as a shell tells it of a program that SIGPIPE ended

TIMEOUT_HELP = "seconds until the server of a full check must be ready, the adding of a node included; default: 600"
_USUAL_HELP = {
    "cluster": "its name in clusters/",
    "hub": "its name in the cluster's cluster.yaml; or both as CLUSTER/HUB",
}
SELECT_HELP = "what to work on, repeatable: CLUSTER, CLUSTER/HUB, stage=, use-case=, state="


def task(
    *, help: dict[str, str] | None = None, positional: Sequence[str] = (), iterable: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Like invoke's own, for a function whose first argument is invoke's context.

    Args:
        help: a line for each option.
        positional: the arguments that must be given, in order, without a dash.
        iterable: the options that may be given several times.
    """

    def decorate(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def guarded(context: Context, /, *args: Any, **kwargs: Any) -> None:
            try:
                with ended_like_ctrl_c(), _warnings_told():
                    function(context, *args, **kwargs)
            except HubfleetError as error:
                if debugging():
                    raise
                say.error(error)
                raise Exit(code=error.exit_code) from None
            except KeyboardInterrupt:
                from hubfleet.process import interrupt_all

                interrupt_all()
                say.error(Interrupted("interrupted"))
                raise Exit(code=Interrupted.exit_code) from None
            except (Exit, SystemExit):
                raise
            except BrokenPipeError:
                close_output()
                raise Exit(code=CLOSED_PIPE) from None
            except Exception as mistake:
                if debugging():
                    raise
                say.error(_unforeseen(mistake))
                raise Exit(code=HubfleetError.exit_code) from None

        return invoke_task(
            guarded,
            klass=_Task,
            positional=list(positional),
            iterable=list(iterable),
            help={name: _USUAL_HELP[name] for name in positional if name in _USUAL_HELP} | (help or {}),
            auto_shortflags=False,
        )

    return decorate


class _Task(Task):  # type: ignore[type-arg]
    """invoke's own; `-s` is short for `--select` in every task, and nothing else is shortened."""

    def arg_opts(self, name: str, default: str, taken_names: set[str]) -> dict[str, Any]:
        options = super().arg_opts(name, default, taken_names)
        if name == "select":
            options["names"] = ["select", "s"]
        return options

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """invoke's own, where CLUSTER/HUB may be one word for a task that takes CLUSTER and HUB."""
        words = dict(self.help)
        try:
            return fitted(super().get_arguments(ignore_unknown_help))
        finally:
            self.help = words  # invoke takes each out as it uses it, and the next call would know none


def debugging() -> bool:
    """True when a traceback is wanted: `./inv --debug ...` or HUBFLEET_DEBUG=1."""
    return bool(os.environ.get("HUBFLEET_DEBUG") or os.environ.get("INVOKE_DEBUG"))


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Our own warnings are lines of talk, each once. A library's are for its developers: seen with `--debug`."""
    told: set[str] = set()
    usual = warnings.showwarning

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: TextIO | None = None, line: str | None = None,
    ) -> None:  # fmt: skip
        if not issubclass(category, HubfleetWarning):
            if debugging():
                usual(message, category, filename, lineno, file, line)
        elif str(message) not in told:
            told.add(str(message))
            say.warn(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", HubfleetWarning)
        warnings.showwarning = show
        yield


def close_output() -> None:
    """Whoever read our output has gone (`... | head`): nothing more is written, and the interpreter's end is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())


def _unforeseen(mistake: Exception) -> HubfleetError:
    """A mistake of ours, told without a traceback: where it happened is enough to report it."""
    import traceback

    last = traceback.extract_tb(mistake.__traceback__)[-1]
    return HubfleetError(
        f"hubfleet itself failed: {type(mistake).__name__}: {mistake}",
        where=f"{last.filename}:{last.lineno}",
        next_step="run it again with ./inv --debug, and report what that shows",
    )
