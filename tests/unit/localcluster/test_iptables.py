"""Which rules are removed: text in, text out, with rules as kube-proxy, CNI and Docker really write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubfleet.localcluster import iptables
from hubfleet.localcluster.settings import Settings

SETTINGS = Settings(Path("/state/local"))
CHAIN = iptables.chain_name(SETTINGS)
OURS, OTHERS = "hubfleet-6dccb451", "podman"

DOCKER = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [5:300]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
"""
KUBERNETES = """\
*filter
:FORWARD DROP [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -j DOCKER-USER
-A KUBE-FORWARD -m comment --comment "a -j KUBE-SERVICES in words" -j ACCEPT
COMMIT
"""


def hostport(network: str, digest: str) -> str:
    chain, words = f"CNI-DN-{digest}", f'"dnat name: \\"{network}\\" id: \\"abc\\""'
    return f"""\
:{chain} - [0:0]
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment {words} -m multiport --dports 8080 -j {chain}
-A {chain} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.213.0.7:80
"""


def nat(*parts: str) -> str:
    shared = ":CNI-HOSTPORT-DNAT - [0:0]\n:CNI-HOSTPORT-MASQ - [0:0]\n:CNI-HOSTPORT-SETMARK - [0:0]\n"
    jump = "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
    return "*nat\n:PREROUTING ACCEPT [0:0]\n" + shared + jump + "".join(parts) + "COMMIT\n"


def removal(saved: str, *, kubernetes: bool = True) -> list[str]:
    return iptables.removal(saved, OURS, CHAIN, kubernetes=kubernetes).splitlines()


def test_where_nothing_is_ours_nothing_is_done() -> None:
    assert removal("") == []
    assert removal(DOCKER) == []


def test_kube_proxys_chains_go_and_dockers_rules_stay() -> None:
    assert removal(DOCKER + KUBERNETES) == [
        "*filter",
        '-D FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
        "-F KUBE-FORWARD", "-F KUBE-SERVICES", "-X KUBE-FORWARD", "-X KUBE-SERVICES",
        "COMMIT",
    ]  # fmt: skip


def test_another_kubernetes_keeps_its_chains() -> None:
    assert removal(KUBERNETES, kubernetes=False) == []


def test_our_own_chains_go() -> None:
    jumps = "".join(f"-A {chain} {rule}\n" for table, chain, rule in iptables.jumps(SETTINGS) if table == "filter")
    script = removal(iptables.own_rules(SETTINGS).replace("COMMIT\n*nat", jumps + "COMMIT\n*nat"))
    assert f"-D FORWARD -j {CHAIN}" in script
    assert f"-D INPUT -j {CHAIN}-IN" in script
    assert script.count(f"-X {CHAIN}") == 2


def test_host_ports_of_our_pods_go_with_the_chains_that_all_share() -> None:
    script = removal(nat(hostport(OURS, "1" * 20)))
    assert f"-X CNI-DN-{'1' * 20}" in script
    assert "-X CNI-HOSTPORT-DNAT" in script
    assert "-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT" in script


def test_host_ports_of_another_network_stay() -> None:
    script = removal(nat(hostport(OURS, "1" * 20), hostport(OTHERS, "2" * 20)))
    assert f"-X CNI-DN-{'1' * 20}" in script
    assert not any("2" * 20 in line or line.startswith("-X CNI-HOSTPORT") for line in script)
    assert any(line.startswith("-D CNI-HOSTPORT-DNAT") and OURS in line for line in script)


def test_our_rules_count_only_when_all_are_there() -> None:
    rules = iptables.own_rules(SETTINGS)
    filters = "".join(f"-A {chain} {rule}\n" for table, chain, rule in iptables.jumps(SETTINGS) if table == "filter")
    nats = "".join(f"-A {chain} {rule}\n" for table, chain, rule in iptables.jumps(SETTINGS) if table == "nat")
    first, _, rest = rules.partition("COMMIT\n")
    whole = first + filters + "COMMIT\n" + rest.replace("COMMIT\n", nats + "COMMIT\n")
    assert iptables.has_own(whole, SETTINGS)
    for line in whole.splitlines():
        if line.startswith("-A"):
            assert not iptables.has_own(whole.replace(line + "\n", "", 1), SETTINGS), line


def test_a_chains_name_is_not_too_long() -> None:
    assert len(f"{CHAIN}-IN") <= 28


@pytest.mark.parametrize(("there", "expected"), [((), []), (("iptables-nft-save",), ["iptables-nft"])])
def test_only_variants_that_exist_are_asked(there: tuple[str, ...], expected: list[str]) -> None:
    assert list(iptables.present(lambda name: name if name in there else None)) == expected
