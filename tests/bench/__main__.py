"""Timings of what people wait for, against plain helm where that is the measure. Nothing is asserted.

    ./inv test -s bench                     everything: brings a cluster of its own up, and down again
    ./inv test -s bench -- validate         one part: start, validate, cluster, deploy

Comparisons run in turn, A B A B, because machines are noisy; what counts is the ratio of the medians.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from tests.bench import cluster, validating
from tests.bench.measuring import Measured, line

PARTS = ("start", "validate", "cluster", "deploy")


def measured(chosen: Sequence[str]) -> Iterator[Measured]:
    """The chosen parts, as they are done."""
    if "start" in chosen:
        yield from validating.starting()
    if "validate" in chosen:
        yield from validating.validating()
    if {"cluster", "deploy"} & set(chosen):
        with cluster.own_place() as place:
            yield from cluster.raising(place) if "cluster" in chosen else ()
            yield from cluster.deploying(place) if "deploy" in chosen else ()


def main(words: Sequence[str]) -> int:
    """Print the table, line by line.

    Returns:
        The exit code.
    """
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; one or more of: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {sys.version.split()[0]}\n")
    print(line("", "median", "fastest", "slowest", "wanted"))
    for each in measured(words or PARTS):
        print(line(*each.cells()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
