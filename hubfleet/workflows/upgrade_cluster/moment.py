"""Until when: a length of time from now, or a day and hour."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hubfleet.errors import WrongUsage

_LENGTH = re.compile(r"(\d+)\s*(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}
_LONGEST_DAYS = 30


def moment(text: str, now: datetime) -> datetime:
    """`0`, `90m`, `4h`, `2d`, or a time with its zone such as 2027-01-31T22:00Z.

    Raises:
        WrongUsage: it is neither, is over, or is more than 30 days away.
    """
    length = _LENGTH.fullmatch(text.strip())
    found = now + _length(length) if length else _time(text)
    if found - now > timedelta(days=_LONGEST_DAYS):
        raise WrongUsage(f"--deadline {text} is more than {_LONGEST_DAYS} days away")
    if found < now:
        raise WrongUsage(f"--deadline {text} is over", next_step="0 means at once")
    return found


def _length(match: re.Match[str]) -> timedelta:
    return timedelta(seconds=min(int(match[1]), 10**8) * _SECONDS[match[2]])


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise WrongUsage(
            f"--deadline {text} is no time", next_step="such as 0, 90m, 4h, or 2027-01-31T22:00Z with its zone"
        )
    return found.astimezone(UTC)
