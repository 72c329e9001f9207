"""infra-import: what exists already becomes terraform's, by a plan like any other: seen before it happens."""

from __future__ import annotations

from collections.abc import Sequence

from hubfleet.errors import WrongUsage


def resources(cluster: str, words: Sequence[str]) -> dict[str, str]:
    """Ids by address, from `ADDRESS=ID` words.

    Raises:
        WrongUsage: a word is something else, an address is there twice, or there is none.
    """
    found: dict[str, str] = {}
    for word in words:
        address, equals, identity = word.partition("=")
        if not (address and equals and identity):
            raise WrongUsage(f"--resource {word} is not ADDRESS=ID", next_step=f"such as {_EXAMPLE}")
        if address in found:
            raise WrongUsage(f"{address} is there twice", evidence=f"{found[address]}\n{identity}")
        found[address] = identity
    if not found:
        raise WrongUsage(
            "nothing is named that is to be adopted", next_step=f"./inv infra-import {cluster} --resource {_EXAMPLE}"
        )
    return found


_EXAMPLE = "'module.cluster.aws_eks_cluster.this=hubs'"
