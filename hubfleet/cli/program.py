"""`./inv`: invoke with tasks listed by topic, near-miss names answered, and our exit codes.

Plain `invoke` runs every task as well; nothing else may depend on this file.
"""

from __future__ import annotations

import os

from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from hubfleet import __version__
from hubfleet.cli.collection import topics

WRONG_USAGE = 2
INTERRUPTED = 130


class HubfleetProgram(Program):
    """invoke's program, told to speak as this product does."""

    def parse_core(self, argv: list[str] | None) -> None:
        """invoke's own, and `--debug` also lets tracebacks through."""
        super().parse_core(argv)
        if self.args.debug.value:
            os.environ["INVOKE_DEBUG"] = "1"

    def parse_tasks(self) -> None:
        """invoke's own; a wrong word ends with exit code 2 and a suggestion."""
        try:
            super().parse_tasks()
        except ParseError as trouble:
            raise Exit(message=self._explained(str(trouble)), code=WRONG_USAGE) from None

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

    def _explained(self, message: str) -> str:
        import difflib

        names = [each.name.replace("_", "-") for _, tasks in topics() for each in tasks]
        wrong = message.split("'")[1] if "'" in message else ""
        near = difflib.get_close_matches(wrong, names, n=3, cutoff=0.5)
        suggestion = [f"  did you mean: {', '.join(near)}?"] if near and wrong not in names else []
        next_step = f"  next: ./inv --help {wrong}" if wrong in names else "  next: ./inv --list"
        return "\n".join([f"✗ {message}", *suggestion, next_step])


def main() -> None:
    """The entry point of `./inv`."""
    HubfleetProgram(name="inv", binary="inv", version=__version__).run()


if __name__ == "__main__":
    main()
