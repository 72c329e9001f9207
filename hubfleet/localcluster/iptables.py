"""Rules of the packet filter: ours in chains of our own, and the exact removal of what the cluster made.

Whatever is removed is found in the output of iptables-save and turned into one script for
iptables-restore, which the kernel takes whole or not at all. Rules of others are never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hubfleet.errors import HubfleetError
from hubfleet.localcluster.settings import Settings
from hubfleet.process import ProcessFailed, Run, run

_CNI_CHAINS = re.compile(r"CNI-(?:HOSTPORT-.+|DN-.+|[0-9a-f]{24})")


@dataclass
class Table:
    """What iptables-save says of one table: its chains, and its rules as `-A ...` lines."""

    name: str
    chains: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def parse(saved: str) -> list[Table]:
    """The tables in the output of iptables-save."""
    tables: list[Table] = []
    for line in saved.splitlines():
        if line.startswith("*"):
            tables.append(Table(line[1:].strip()))
        elif line.startswith(":"):
            tables[-1].chains.append(line[1:].split()[0])
        elif line.startswith("-A "):
            tables[-1].rules.append(line)
    return tables


def removal(saved: str, network: str, chain: str, *, kubernetes: bool) -> str:
    """A script for `iptables-restore --noflush` that removes what the cluster made; empty: nothing is there.

    Args:
        saved: output of iptables-save.
        network: the CNI network's name, which CNI writes into the comments of its rules.
        chain: our own chain.
        kubernetes: whether kube-proxy's chains (KUBE-*) are ours to remove.
    """
    script = []
    for table in parse(saved):
        mine = _mine(table, network, chain, kubernetes=kubernetes)
        gone = [each for each in table.rules if _leads_to(each, mine) or f'name: \\"{network}\\"' in each]
        lines = [f"-D {rule[3:]}" for rule in gone if _chain_of(rule) not in mine]
        lines += [f"-F {each}" for each in mine] + [f"-X {each}" for each in mine]
        if lines:
            script += [f"*{table.name}", *lines, "COMMIT"]
    return "\n".join([*script, ""]) if script else ""


def own_rules(settings: Settings) -> str:
    """A script for `iptables-restore --noflush` that makes our chains hold exactly our rules.

    - pods may talk to each other and out, also where Docker set the policy of FORWARD to DROP;
    - nobody from outside may talk to pods, nor to the node's address, which only pods need;
    - what leaves the pods' range gets the machine's address.
    """
    chain, bridge, pods = chain_name(settings), settings.bridge, settings.pods
    return "\n".join([
        "*filter",
        f":{chain} - [0:0]",
        f"-A {chain} -i {bridge} -j ACCEPT",
        f"-A {chain} -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        f"-A {chain} -o {bridge} -j DROP",
        f":{chain}-IN - [0:0]",
        f"-A {chain}-IN -i lo -j RETURN",
        f"-A {chain}-IN -i {bridge} -j RETURN",
        f"-A {chain}-IN -d {settings.node_address}/32 -j DROP",
        "COMMIT",
        "*nat",
        f":{chain} - [0:0]",
        f"-A {chain} -s {pods} ! -d {pods} -j MASQUERADE",
        "COMMIT",
        "",
    ])  # fmt: skip


def jumps(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Where our chains are called from: table, chain, and the rule."""
    chain = chain_name(settings)
    return (
        ("filter", "FORWARD", f"-j {chain}"),
        ("filter", "INPUT", f"-j {chain}-IN"),
        ("nat", "POSTROUTING", f"-j {chain}"),
    )


def chain_name(settings: Settings) -> str:
    """At most 28 characters, as iptables demands."""
    return f"HUBFLEET-{settings.id}"


def has_own(saved: str, settings: Settings) -> bool:
    """Whether our rules, and the jumps to them, are in the output of iptables-save."""
    there = {(table.name, rule) for table in parse(saved) for rule in table.rules}
    wanted = {(table, f"-A {chain} {rule}") for table, chain, rule in jumps(settings)}
    wanted |= {(table.name, rule) for table in parse(own_rules(settings)) for rule in table.rules}
    return wanted <= there


def set_own(settings: Settings, run: Run = run) -> None:
    """Put our rules in place; those that are there stay."""
    iptables, env = settings.iptables, _environment(settings)
    if has_own(run([f"{iptables}-save"], env=env, timeout=60).stdout, settings):
        return
    run([f"{iptables}-restore", "--noflush", "--wait"], env=env, stdin=own_rules(settings).encode(), timeout=60)
    for table, chain, rule in jumps(settings):
        asked = [iptables, "--wait", "-t", table, "-C", chain, *rule.split()]
        if run(asked, env=env, timeout=60, ok=(0, 1, 2)).returncode:
            # First: Docker's rules end with verdicts of their own.
            run([iptables, "--wait", "-t", table, "-I", chain, "1", *rule.split()], env=env, timeout=60)


def remove(settings: Settings, network: str, *, kubernetes: bool, run: Run = run) -> None:
    """Remove what the cluster made, for IPv4 and IPv6, in whichever of the kernel's two filters it is."""
    for iptables in present():
        env = _environment(settings)
        saved = run([f"{iptables}-save"], env=env, timeout=60, ok=(0, 1, 3)).stdout
        script = removal(saved, network, chain_name(settings), kubernetes=kubernetes)
        if script:
            run([f"{iptables}-restore", "--noflush", "--wait"], env=env, stdin=script.encode(), timeout=60)


def present(which: Callable[[str], str | None] | None = None) -> Iterator[str]:
    """The variants of iptables on this machine. Each sees its own rules only."""
    from shutil import which as on_path

    for family in ("iptables", "ip6tables"):
        for variant in ("-nft", "-legacy"):
            if (which or on_path)(f"{family}{variant}-save"):
                yield f"{family}{variant}"


def working(run: Run = run) -> str:
    """The variant that this kernel can do: what `iptables` stands for, or else the other one.

    Raises:
        HubfleetError: none works; with what the first one said.
    """
    first: ProcessFailed | None = None
    for variant in ("iptables", "iptables-nft", "iptables-legacy"):
        try:
            _probe(variant, run)
        except ProcessFailed as trouble:
            first = first or trouble
        else:
            return variant
    raise HubfleetError(
        "this kernel lacks what pods' networking needs: iptables with nat, comment, conntrack and statistic",
        evidence=first.evidence if first else "",
        next_step="modprobe --all xt_conntrack xt_comment xt_statistic; ./inv local-up --simulated 3 needs none of it",
    )


_PROBE = """\
*nat
:HUBFLEET-PROBE - [0:0]
-A HUBFLEET-PROBE -m comment --comment probe -m statistic --mode random --probability 0.5 -j MASQUERADE
-A HUBFLEET-PROBE -p tcp -m tcp -j DNAT --to-destination 127.0.0.1:1
COMMIT
*filter
:HUBFLEET-PROBE - [0:0]
-A HUBFLEET-PROBE -m conntrack --ctstate ESTABLISHED -m mark --mark 0x1/0x1 -j ACCEPT
COMMIT
"""


def _probe(variant: str, run: Run) -> None:
    """Set up the kinds of rules that kube-proxy uses, in chains that nothing leads to, and remove them."""
    gone = "".join(f"*{table}\n-F HUBFLEET-PROBE\n-X HUBFLEET-PROBE\nCOMMIT\n" for table in ("nat", "filter"))
    restore = [f"{variant}-restore", "--noflush", "--wait"]
    try:
        run(restore, stdin=_PROBE.encode(), timeout=60)
    finally:
        run(restore, stdin=gone.encode(), timeout=60, ok=range(256))


def _mine(table: Table, network: str, chain: str, *, kubernetes: bool) -> list[str]:
    mine = [
        each for each in table.chains if each in (chain, f"{chain}-IN") or (kubernetes and each.startswith("KUBE-"))
    ]
    if not any(each.startswith("CNI-") for each in table.chains):
        return mine
    commented = {_target(rule) for rule in table.rules if f'name: \\"{network}\\"' in rule}
    mine += [each for each in table.chains if each in commented]
    # Chains that all CNI networks share go when nothing of another network is left in them.
    others = [each for each in table.chains if _CNI_CHAINS.fullmatch(each) and each not in mine]
    foreign = [each for each in others if each.startswith("CNI-DN-") or not each.startswith("CNI-HOSTPORT-")]
    return mine if foreign else mine + others


def _leads_to(rule: str, chains: list[str]) -> bool:
    return _target(rule) in chains


def _target(rule: str) -> str:
    found = re.search(r" -[jg] (\S+)", rule)
    return found[1] if found else ""


def _chain_of(rule: str) -> str:
    return rule.split(maxsplit=2)[1]


def _environment(settings: Settings) -> dict[str, str]:
    return {"PATH": f"{Path(settings.folder) / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
