"""`./inv`: invoke with tasks listed by topic, near-miss names answered, and our exit codes.

Plain `invoke` runs every task as well; nothing else may depend on this file.
"""

from __future__ import annotations

import os
import sys

from invoke.exceptions import Exit, ParseError
from invoke.parser.context import ParserContext
from invoke.program import Program

from hubfleet import __version__
from hubfleet.cli.base import CLOSED_PIPE, close_output
from hubfleet.cli.collection import topics
from hubfleet.cli.wrong_words import explained, task_of

WRONG_USAGE = 2
INTERRUPTED = 130


class HubfleetProgram(Program):
    """invoke's program, told to speak as this product does."""

    def parse_core(self, argv: list[str] | None) -> None:
        """invoke's own; `help` is `--help`, and `--debug` also lets tracebacks through."""
        super().parse_core(_usual_help(sys.argv if argv is None else argv))
        if self.args.debug.value:
            os.environ["INVOKE_DEBUG"] = "1"

    def parse_tasks(self) -> None:
        """invoke's own; a wrong word ends with exit code 2 and a suggestion."""
        self._asked_for_help()
        try:
            super().parse_tasks()
        except ParseError as trouble:
            raise Exit(message=self._explained(trouble), code=WRONG_USAGE) from None

    def parse_cleanup(self) -> None:
        """invoke's own; help for a task that does not exist is a wrong word too."""
        try:
            super().parse_cleanup()
        except ParseError as trouble:
            raise Exit(message=self._explained(trouble), code=WRONG_USAGE) from None

    def execute(self) -> None:
        """invoke's own; Ctrl-C ends with exit code 130."""
        try:
            super().execute()
        except KeyboardInterrupt:
            raise Exit(code=INTERRUPTED) from None

    def list_tasks(self) -> None:
        """Tasks by topic, one clear line each."""
        headed = list(topics())
        width = max(len(each.name) for _, tasks in headed for each in tasks)
        for heading, tasks in headed:
            print(f"\n{heading}")
            for each in tasks:
                line = (each.__doc__ or "").strip().splitlines()[0]
                print(f"  {each.name.replace('_', '-'):<{width}}  {line}")
        print("\n./inv --help TASK shows a task's options.")

    def _asked_for_help(self) -> None:
        """`TASK --help` is help for the task also where invoke would take `--help` for a name that the task needs."""
        words = list(self.core.unparsed)
        words = words[: words.index("--")] if "--" in words else words
        asked = next((at for at, word in enumerate(words) if word in ("--help", "-h")), None)
        task = task_of(words[:asked], self._contexts()) if asked is not None else ""
        if task:
            self.args.help.value = task
            self.core.unparsed.clear()

    def _explained(self, trouble: ParseError) -> str:
        contexts = self._contexts()
        named = str(trouble.context.name or "") if trouble.context else ""
        return explained(trouble, named or task_of(self.core.unparsed, contexts), contexts)

    def _contexts(self) -> dict[str, ParserContext]:
        return {str(each.name): each for each in self.collection.to_contexts()}


def _usual_help(argv: list[str]) -> list[str]:
    """`./inv help` and `./inv help TASK`, which many programs have."""
    return [*argv[:1], "--help", *argv[2:]] if argv[1:2] == ["help"] else argv


def main() -> None:
    """The entry point of `./inv`."""
    try:
        try:
            HubfleetProgram(name="inv", binary="inv", version=__version__).run()
        finally:
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        close_output()
        sys.exit(CLOSED_PIPE)


if __name__ == "__main__":
    main()
