"""Which lines of a log matter. Pure."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# JupyterHub: "[I 2026-05-01 10:00:00.000 JupyterHub app:1] ..."; configurable-http-proxy: "10:00:00.000 [ConfigProxy]
# info: ..."; both at the beginning of a line.
_CALM = re.compile(
    r"^(\[[ID] \d{4}-|(\S+ )?\[ConfigProxy\] (info|debug):|(INFO|DEBUG)\b|unable to retrieve container logs)"
)
# jupyter_client says it as calmly as everything else: "AsyncIOLoopKernelRestarter: restarting kernel (1/5)".
_TELLS = re.compile(r"KernelRestarter: restart")
_ERROR = re.compile(r"^(?P<name>[\w.]*(Error|Exception|Exit|Interrupt))(: (?P<message>.*))?$")
_FRAME = re.compile(r'^ +File "(?P<file>[^"]+)", line (?P<line>\d+)')
_CONFIG_FILES = ("jupyterhub_config", "z2jh.py", "/jupyterhub_config.d/", "<string>", "extraConfig")


def relevant(text: str, *, about: str = "", keep: int = 30) -> tuple[str, ...]:
    """The last lines that are no routine: warnings, errors, tracebacks, and what names the user.

    Args:
        text: the log.
        about: a user's name whose lines are kept in any case.
        keep: how many lines at most.
    """
    lines = [_COLOUR.sub("", line.rstrip()) for line in text.splitlines()]
    kept = [line[:400] for line in lines if line and (not _CALM.match(line) or _tells(line, about))]
    return tuple(kept[-keep:])


def _tells(line: str, about: str) -> bool:
    return bool(_TELLS.search(line) or (about and about in line))


def last_error(lines: tuple[str, ...]) -> tuple[str, str]:
    """The last exception of a log, and where in the configuration it came from.

    Returns:
        The traceback's last line, such as `NameError: name 'x' is not defined`, and `file:line` of the last frame that
        belongs to the hub's configuration, or of the last frame. Both empty where there is no traceback.
    """
    for index in range(len(lines) - 1, -1, -1):
        if _ERROR.match(lines[index].strip()) and _frames(lines[:index]):
            return lines[index].strip(), _where(_frames(lines[:index]))
    return "", ""


def _frames(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    starts = [index for index, line in enumerate(lines) if line.strip().startswith("Traceback (most recent call last)")]
    block = lines[starts[-1] :] if starts else lines  # a long traceback whose beginning was cut off
    return [(found["file"], found["line"]) for line in block if (found := _FRAME.match(line))]


def _where(frames: list[tuple[str, str]]) -> str:
    ours = [frame for frame in frames if any(part in frame[0] for part in _CONFIG_FILES)]
    file, line = (ours or frames)[-1]
    return f"{file}:{line}"
