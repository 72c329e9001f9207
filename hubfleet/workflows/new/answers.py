"""What a person says: checked at once against the schemas, asked for at a terminal where it is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hubfleet.errors import Interrupted, WrongUsage
from hubfleet.fleet.names import did_you_mean, nearest
from hubfleet.fleet.schema import trouble_of

Ask = Callable[[str], str]
"""Puts a question to the person at the terminal and returns what was typed."""


@dataclass(frozen=True)
class Question:
    """Something that must be known.

    Args:
        flag: the option that gives it, such as `--project`.
        words: the question.
        pointer: the part of schemas/cluster.schema.yaml that the answer has to fit, such as
            `properties/gcp/properties/project`; empty: any text.
        default: what an empty answer means; empty: an answer is needed.
        choices: the only answers that there are; empty: any.
        form: a regular expression that the whole answer has to fit, where no schema says it.
        hint: what such an answer looks like.
    """

    flag: str
    words: str
    pointer: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    form: str = ""
    hint: str = ""

    def trouble(self, answer: str) -> str:
        """What is wrong with an answer, in words; empty when it is right."""
        if self.choices and answer not in self.choices:
            return f"{answer!r} is none of {', '.join(self.choices)}{_hint(did_you_mean(answer, self.choices))}"
        if self.pointer and (found := trouble_of("cluster", self.pointer, answer)):
            return f"{found[0]}{_hint(found[1])}"
        if self.form and not re.fullmatch(self.form, answer):
            return f"{answer!r} is not written as it must be{_hint(self.hint)}"
        return ""


def answered(given: dict[str, str], questions: Iterable[Question], ask: Ask | None) -> dict[str, str]:
    """The answers to all questions, by flag.

    Args:
        given: what the options said, by flag; empty text counts as nothing said.
        questions: what must be known, in the order in which it is asked.
        ask: how to ask; None: there is no terminal, so nothing is asked.

    Raises:
        WrongUsage: an option's value is not right, or answers are missing and nobody can be asked: all are named.
        Interrupted: the person ended the input.
    """
    wanted = list(questions)
    wrong = [
        f"{each.flag}: {what}" for each in wanted if given.get(each.flag) and (what := each.trouble(given[each.flag]))
    ]
    if wrong:
        raise WrongUsage(
            "an option is not right" if len(wrong) == 1 else f"{len(wrong)} options are not right",
            evidence="\n".join(wrong),
            next_step="correct it; nothing was written",
        )
    missing = [each for each in wanted if not given.get(each.flag) and not each.default]
    if missing and ask is None:
        raise WrongUsage(
            f"{' and '.join(each.flag for each in missing)} {'is' if len(missing) == 1 else 'are'} missing",
            evidence="\n".join(f"{each.flag}  {each.words}" for each in missing),
            next_step="give the options; without a terminal nothing is asked",
        )
    return {each.flag: given.get(each.flag) or _asked(each, ask) for each in wanted}


def _asked(question: Question, ask: Ask | None) -> str:
    if ask is None:
        return question.default
    note = ""
    while True:
        default = f" [{question.default}]" if question.default else ""
        choices = f" ({', '.join(question.choices)})" if question.choices else ""
        try:
            answer = ask(f"{note}{question.words}{choices}{default}: ").strip() or question.default
        except EOFError:
            raise Interrupted("the input ended before all was answered: nothing was written") from None
        trouble = question.trouble(answer) if answer else "an answer is needed"
        if not trouble:
            return answer
        note = f"! {trouble}\n"


def name_trouble(name: str, taken: Iterable[str], kind: str) -> str:
    """Why a name can not be given to something new, with one that could; empty when it can."""
    others = list(taken)
    if name in others:
        return f"there is already a {kind} {name}"
    found = trouble_of("cluster", "$defs/name", name)
    if found:
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-")
        hint = f"such as {better}" if better and better not in others else found[1]
        return f"{found[0]}{_hint(found[1])}{_hint(hint) if hint != found[1] else ''}"
    alike = [each for each in others if each.replace("-", "") == name.replace("-", "")]
    return f"the {kind} {alike[0]} has nearly the same name: people would mix them up" if alike else ""


def near_name(name: str, taken: Iterable[str]) -> str:
    """An existing name that the new one could be mixed up with; empty when there is none."""
    near = nearest(name, taken)
    return near if near and _distance_one(near, name) else ""


def _distance_one(one: str, other: str) -> bool:
    """Whether two names differ by one letter (added, left out, another, or two swapped). Numbers tell things apart."""
    if re.sub(r"[0-9]", "", one) == re.sub(r"[0-9]", "", other):
        return False
    if len(one) == len(other):
        differing = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(differing) == 2 and sorted(one) == sorted(other)  # noqa: PLR2004
        return len(differing) == 1 or swapped
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _hint(text: str) -> str:
    return f" ({text})" if text else ""
