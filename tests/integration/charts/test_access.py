"""Rights in Kubernetes and ways through the network: what users and the hub can not do, and what a hub may open."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def rights(found: Any) -> dict[str, set[str]]:
    rules = found.get("Role", "hub")["rules"]
    return {resource: set(rule["verbs"]) for rule in rules for resource in rule["resources"]}


def test_the_hub_can_not_delete_homes_nor_read_secrets(embedded):
    found = rights(embedded())
    assert found["persistentvolumeclaims"] == {"get", "create"}
    assert "secrets" not in found
    assert "services" not in found
    assert {"create", "delete"} <= found["pods"]


def test_rights_that_only_some_hubs_need(helm, merge, objects, images, root):
    chart = root / "helm/jupyterhub"
    config = {"KubeSpawner": {"services_enabled": True}, "JupyterHub": {"internal_ssl": True}}
    values = merge(images, {"hub": {"config": config}})
    found = rights(objects(helm.template(chart, "demo", "space", values)))
    assert "delete" in found["persistentvolumeclaims"], "KubeSpawner's own default deletes claims"
    assert {"secrets", "services"} <= found.keys()


def egress(found: Any) -> list[Any]:
    return found.get("NetworkPolicy", "singleuser")["spec"]["egress"]


def reaches(found: Any, block: str) -> bool:
    """Whether a rule without ports leads to this block of addresses."""
    return any({"ipBlock": {"cidr": block}} in rule.get("to", []) for rule in egress(found) if "ports" not in rule)


def test_users_servers_reach_the_internet_and_not_the_machines_around_them(embedded):
    found = embedded()
    assert not reaches(found, "10.0.0.0/8")
    assert not reaches(found, "169.254.169.254/32")
    internet = next(rule["to"][0]["ipBlock"] for rule in egress(found) if "ports" not in rule)
    assert internet["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.169.254/32"} == set(internet["except"])


@pytest.mark.parametrize(
    ("rule", "block"), [("privateIPs", "10.0.0.0/8"), ("cloudMetadataServer", "169.254.169.254/32")]
)
def test_ways_that_a_hub_opens(embedded, rule, block):
    assert reaches(embedded({"singleuser": {"networkPolicy": {"egressAllowRules": {rule: True}}}}), block)


def test_the_network_policy_can_be_closed_further_opened_and_switched_off(embedded):
    def policy(**settings: Any) -> Any:
        return embedded({"singleuser": {"networkPolicy": settings}})

    everything = dict.fromkeys(
        ["nonPrivateIPs", "dnsPortsPrivateIPs", "dnsPortsKubeSystemNamespace", "dnsPortsCloudMetadataServer"], False
    )
    assert len(egress(policy(egressAllowRules=everything))) == 2, "only hub and proxy are left"
    assert {"ports": [{"port": 1}]} in egress(policy(egress=[{"ports": [{"port": 1}]}]))
    ingress = policy(allowedIngressPorts=[22], ingress=[{"from": []}], interNamespaceAccessLabels="accept")
    rules = ingress.get("NetworkPolicy", "singleuser")["spec"]["ingress"]
    assert {"ports": [{"port": 22}]} in rules
    assert {"from": []} in rules
    assert any("namespaceSelector" in source for rule in rules for source in rule.get("from", []))
    assert "singleuser" not in policy(enabled=False).names("NetworkPolicy")


def test_only_who_is_labelled_talks_to_the_hub(embedded):
    rules = embedded().get("NetworkPolicy", "hub")["spec"]["ingress"]
    assert rules[0]["from"] == [{"podSelector": {"matchLabels": {"hub.jupyter.org/network-access-hub": "true"}}}]
    assert embedded().pod("proxy")["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] == "true"
