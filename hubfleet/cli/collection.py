"""Finds the tasks: every module of this package that defines some, by topic."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from invoke.collection import Collection
from invoke.tasks import Task

import hubfleet.cli

_HELPERS = ("arguments", "asking", "base", "collection", "ending", "program", "wrong_words")  # without tasks
TOPICS = (
    "start", "hubs", "check", "upgrade", "teardown", "archives", "validate", "fleet", "clouds", "infra", "support",
    "homes", "local", "images", "tools", "quality",
)  # fmt: skip


def collect() -> Collection:
    """All tasks as one flat collection: names such as `deploy-hub` say enough."""
    collection = Collection()
    collection.configure({"run": {"pty": False}})
    for _, tasks in topics():
        for each in tasks:
            collection.add_task(each)
    return collection


def topics() -> Iterator[tuple[str, list[Task[Any]]]]:
    """Each topic's heading with its tasks, in the order in which people meet them."""
    found = {module.name for module in pkgutil.iter_modules(hubfleet.cli.__path__)}
    ordered = [name for name in TOPICS if name in found]
    ordered += sorted(found - set(TOPICS) - set(_HELPERS))
    for name in ordered:
        module = importlib.import_module(f"hubfleet.cli.{name}")
        tasks = [value for value in vars(module).values() if isinstance(value, Task)]
        heading = (module.__doc__ or name).strip().splitlines()[0].rstrip(".")
        if tasks:
            yield heading, tasks
