"""Days and times as the files write them. A time always has its zone; a day alone is a day in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def day(text: str) -> date:
    """A day such as 2027-01-31.

    Raises:
        ValueError: there is no such day.
    """
    return date.fromisoformat(text)


def start(text: str) -> datetime:
    """A time, or the first moment of a day."""
    return _moment(text, timedelta())


def end(text: str) -> datetime:
    """A time, or the first moment after a day."""
    return _moment(text, timedelta(days=1))


def _moment(text: str, after: timedelta) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text)
    return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC) + after
