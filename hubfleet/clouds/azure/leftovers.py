"""What a cluster left behind on Azure: its tagged resources, from the resource manager's own list. Read, never changed.

The list knows no sizes: disks, file shares and machines are told without a price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hubfleet.clouds.interface import Leftover
from hubfleet.clouds.prices import per_month
from hubfleet.clouds.tags import CLUSTER, hub

# By Azure's type in lower case: what it is called here, its price, whether it holds data. Other types cost nothing by
# themselves (networks, rules, identities) and are left out.
_KINDS: Mapping[str, tuple[str, str, bool]] = {
    "microsoft.compute/disks": ("disk", "", True),
    "microsoft.compute/snapshots": ("snapshot", "", True),
    "microsoft.compute/virtualmachinescalesets": ("machines", "", False),
    "microsoft.network/publicipaddresses": ("address", "azure/address", False),
    "microsoft.network/loadbalancers": ("load balancer", "azure/load-balancer", False),
    "microsoft.network/natgateways": ("NAT gateway", "", False),
    "microsoft.storage/storageaccounts": ("storage account", "", True),
    "microsoft.containerservice/managedclusters": ("cluster", "azure/cluster", False),
    "microsoft.containerregistry/registries": ("image registry", "", False),
    "microsoft.recoveryservices/vaults": ("backup", "", True),
}


def path(subscription: str, cluster: str) -> str:
    """Where the list is: https://learn.microsoft.com/rest/api/resources/resources/list"""
    wanted = quote(f"tagName eq '{CLUSTER}' and tagValue eq '{cluster}'")
    query = f"api-version=2021-04-01&$filter={wanted}&$expand=createdTime,changedTime"
    return f"/subscriptions/{subscription}/resources?{query}"


def read(cluster: str, found: Iterable[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    """The list as leftovers. What carries another cluster's tag is left out, whatever the filter let through."""
    ours = (each for each in found if (each.get("tags") or {}).get(CLUSTER) == cluster)
    return tuple(_leftover(each) for each in ours if str(each["type"]).lower() in _KINDS)


def _leftover(each: Mapping[str, Any]) -> Leftover:
    kind, price, holds_data = _KINDS[str(each["type"]).lower()]
    created = each.get("createdTime")
    return Leftover(
        kind, str(each["name"]), str(each.get("location", "")), hub(each.get("tags") or {}),
        datetime.fromisoformat(created) if created else None, per_month(price) if price else None,
        f"az resource delete --ids {each['id']}", holds_data=holds_data, in_use=bool(each.get("managedBy")),
    )  # fmt: skip
