"""One thing that Google Cloud listed, as a `Leftover`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hubfleet.clouds import tags
from hubfleet.clouds.interface import Leftover
from hubfleet.clouds.prices import per_month

Thing = Mapping[str, Any]


def disk(each: Thing, project: str) -> Leftover:
    """A persistent disk: homes and hub databases are on such."""
    kind = _last(each.get("type", ""))
    command = f"gcloud compute disks delete {each['name']} {_scope(each)} --project {project}"
    return Leftover(
        "disk", each["name"], _place(each), _hub(each), _when(each, "creationTimestamp"),
        per_month(f"gcp/{kind}", float(each["sizeGb"])), command, holds_data=True, in_use=bool(each.get("users")),
    )  # fmt: skip


def snapshot(each: Thing, project: str) -> Leftover:
    """A snapshot of a disk; paid by what it stores."""
    size = float(each.get("storageBytes", 0)) / 2**30
    command = f"gcloud compute snapshots delete {each['name']} --project {project}"
    return Leftover(
        "snapshot", each["name"], "global", _hub(each), _when(each, "creationTimestamp"),
        per_month("gcp/snapshot", size), command, holds_data=True,
    )  # fmt: skip


def address(each: Thing, project: str) -> Leftover:
    """A reserved address; one that is used is paid with what uses it."""
    used = each.get("status") == "IN_USE"
    scope = f"--region {_last(each['region'])}" if each.get("region") else "--global"
    command = f"gcloud compute addresses delete {each['name']} {scope} --project {project}"
    return Leftover(
        "address", each["name"], _place(each), _hub(each), _when(each, "creationTimestamp"),
        None if used else per_month("gcp/address"), command, in_use=used,
    )  # fmt: skip


def rule(each: Thing, project: str) -> Leftover:
    """A forwarding rule: the part of a load balancer that costs."""
    scope = f"--region {_last(each['region'])}" if each.get("region") else "--global"
    command = f"gcloud compute forwarding-rules delete {each['name']} {scope} --project {project}"
    return Leftover(
        "load balancer", each["name"], _place(each), _hub(each), _when(each, "creationTimestamp"),
        per_month("gcp/forwarding-rule"), command,
    )  # fmt: skip


def store(each: Thing, project: str) -> Leftover:
    """A Filestore instance: homes are on it."""
    _, _, path = each["name"].partition("/locations/")
    location, _, name = path.partition("/instances/")
    size = sum(float(share.get("capacityGb", 0)) for share in each.get("fileShares", ()))
    command = f"gcloud filestore instances delete {name} --location {location} --project {project}"
    return Leftover(
        "file store", name, location, _hub(each), _when(each, "createTime"),
        per_month(f"gcp/filestore/{each.get('tier', '')}", size), command, holds_data=True,
    )  # fmt: skip


def bucket(each: Thing) -> Leftover:
    """A bucket. How much is in it is not told with it: no price."""
    command = f"gcloud storage rm --recursive gs://{each['name']}"
    place = str(each.get("location", "")).lower()
    return Leftover(
        "bucket", each["name"], place, _hub(each), _when(each, "timeCreated"), None, command, holds_data=True
    )


def description(each: Thing) -> dict[str, str]:
    """The JSON that Kubernetes' controllers write into descriptions; nothing where there is none."""
    try:
        found = json.loads(each.get("description") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _hub(each: Thing) -> str:
    return tags.hub({**description(each), **each.get("labels", {})})


def _last(url: str) -> str:
    return str(url).rpartition("/")[2]


def _place(each: Thing) -> str:
    return _last(each.get("zone") or each.get("region") or "global")


def _scope(each: Thing) -> str:
    return f"--zone {_last(each['zone'])}" if each.get("zone") else f"--region {_last(each.get('region', ''))}"


def _when(each: Thing, key: str) -> datetime | None:
    return datetime.fromisoformat(each[key]) if each.get(key) else None
