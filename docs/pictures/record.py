"""Draws what a command shows on a terminal: docs/pictures/record.py demo.svg ./inv demo

The command runs in a real terminal of 100 columns (tmux); what stands there at its end becomes a picture.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, LINES = 100, 60
TERMINAL = ["tmux", "-L", "hubfleet-picture", "-f", "/dev/null"]
WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture asks nobody for a font


def screen(command: str) -> str:
    """The screen at the end of a command, with its colours."""
    size = ["-x", str(COLUMNS), "-y", str(LINES)]
    done = f"{command}; tmux -L hubfleet-picture wait-for -S ended; sleep 600"
    subprocess.run([*TERMINAL, "new-session", "-d", *size, "sh", "-c", done], check=True)
    try:
        subprocess.run([*TERMINAL, "wait-for", "ended"], check=True)
        time.sleep(0.5)
        shown = subprocess.run([*TERMINAL, "capture-pane", "-p", "-e", "-S", "-"], check=True, capture_output=True)
        return shown.stdout.decode().rstrip()
    finally:
        subprocess.run([*TERMINAL, "kill-server"], check=False)


def draw(target: Path, command: str) -> None:
    """Run the command and write the picture."""
    text = Text.from_ansi(f"\x1b[1m$ {command}\x1b[0m\n" + screen(command))
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(text)
    picture = console.export_svg(title="hubfleet")
    target.write_text(WEB_FONT.sub("", picture), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(__file__).parent / sys.argv[1], shlex.join(sys.argv[2:]))
