"""What the docs tell people to type exists: every task, every option."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.parser import Parser, ParserContext
from invoke.program import Program

from hubfleet.cli.collection import collect

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("runbooks/*.md"), *ROOT.glob("clusters/**/*.md")]
)
COMMAND = re.compile(r"\./inv (?!X\b)((?:[^`\n#|;)]|\\\n)+)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")


def commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for match in COMMAND.finditer(page.read_text(encoding="utf-8")):
            words = match[1].replace("\\\n", " ").strip().rstrip(".,:")
            if (words and words[0].isalpha()) or words.startswith("--"):
                yield page.relative_to(ROOT).as_posix(), words


def parse(words: str) -> None:
    initial = ParserContext(args=Program().core_args() + Program().task_args())
    core = Parser(initial=initial, ignore_unknown=True).parse_argv(shlex.split(words))
    rest = core.unparsed
    if rest[1:] == ["--help"]:  # ./inv takes it before a name that the task needs
        assert rest[0] in collect().tasks
    elif rest and rest[0] not in ("...", "TASK", "X"):
        Parser(contexts=collect().to_contexts()).parse_argv([each for each in rest if each != "..."])


@pytest.mark.parametrize(("page", "words"), sorted(set(commands())))
def test_documented_commands_are_understood(page: str, words: str) -> None:
    parse(re.sub(r"[<\[]|[>\]]", "", words))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    missing = [
        target for target in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_task_has_one_clear_line() -> None:
    for name, task in collect().tasks.items():
        first = (task.__doc__ or "").strip().splitlines()[0]
        assert first.endswith("."), name
        assert len(first) <= 130, name
