"""What is said of a command line that can not be understood: what was meant, and where the help is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from invoke.exceptions import ParseError
from invoke.parser.context import ParserContext

_MISSING = re.compile(r"did not receive required positional arguments: (.*)")
_NO_VALUE = re.compile(r"Flag <Argument: ([\w-]+).*> needed value")
_LIKE = 0.75
_NEEDED_TOO = {"new-hub": ("--use-case", "--contact", "--admin"), "new-cluster": ("--provider",)}
"""Options that a person is asked for at a terminal: whoever forgot the name hears of them at once."""


def explained(trouble: ParseError, task: str, contexts: Mapping[str, ParserContext]) -> str:
    """The lines for a person.

    Args:
        trouble: invoke's.
        task: the last task that was named before the trouble; empty: none.
        contexts: every task's arguments, by the task's name.
    """
    message = str(trouble)
    context = contexts.get(task)
    if context is not None and (found := _MISSING.search(message)):
        return _missing(context, re.findall(r"'(.*?)'", found[1]))
    if found := _NO_VALUE.search(message):
        option = found[1].replace("_", "-")
        return _told(f"--{option} needs a value", (), _help(task))
    wrong = message.split("'")[1] if "'" in message else ""
    meant = _meant(wrong, context, sorted(contexts))
    named = wrong if wrong in contexts else task
    return _told(message, [f"did you mean: {', '.join(meant)}?"] if meant else (), _help(named))


def task_of(words: Sequence[str], contexts: Mapping[str, ParserContext]) -> str:
    """The last task that is named among the words, which also name clusters, hubs and values; empty: none.

    Args:
        words: of the command line.
        contexts: every task's arguments, by the task's name.
    """
    task, owed, value = "", 0, False
    for word in words:
        context = contexts.get(task)
        if value:
            value = False
        elif word.startswith("-"):
            flag = context.flags.get(word) if context is not None else None
            value = flag is not None and flag.takes_value
        elif owed:
            owed -= 2 if "/" in word and owed > 1 else 1
        elif word in contexts:
            task, owed = word, len(contexts[word].positional_args)
    return task


def _missing(context: ParserContext, names: Sequence[str]) -> str:
    """Each argument that has to be given, with what it means."""
    task = str(context.name)
    meanings = {_shown(name): context.args[name].help for name in names}
    meanings |= {option: context.flags[option].help for option in _NEEDED_TOO.get(task, ())}
    width = max(map(len, meanings))
    lines = [f"│ {word:<{width}}  {_line(meaning)}".rstrip() for word, meaning in meanings.items()]
    usage = " ".join([*(_shown(str(each.name)) for each in context.positional_args), *_NEEDED_TOO.get(task, ())])
    missing = " and ".join(meanings)
    return _told(f"{missing} {'is' if len(meanings) == 1 else 'are'} missing: ./inv {task} {usage}", lines, _help(task))


def _meant(wrong: str, context: ParserContext | None, tasks: Sequence[str]) -> list[str]:
    """What a word that nothing is called was perhaps meant to be."""
    if wrong.startswith("-"):
        flags = [*context.flags, *context.inverse_flags] if context is not None else []
        return difflib.get_close_matches(wrong, [each for each in flags if each.startswith("--")], n=1, cutoff=0.6)
    if not wrong or wrong in tasks:
        return []
    if context is not None and "--select" in context.flags and not difflib.get_close_matches(wrong, tasks, 1, _LIKE):
        return [f"./inv {context.name} -s {wrong}"]
    return difflib.get_close_matches(wrong, tasks, n=3, cutoff=0.5 if context is None else _LIKE)


def _told(what: str, lines: Sequence[str], next_step: str) -> str:
    return "\n".join([f"✗ {what}", *(f"  {each}" for each in lines), f"  next: {next_step}"])


def _help(task: str) -> str:
    return f"./inv --help {task}" if task else "./inv --list"


def _shown(name: str) -> str:
    """An argument that is given by its place, as usage lines have it."""
    return name.upper().replace("_", "-")


def _line(text: Any) -> str:
    return " ".join(str(text or "").split())
