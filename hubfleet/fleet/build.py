"""From checked documents to dataclasses. The schemas have said that every key here is what it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubfleet.fleet import times
from hubfleet.fleet.model import (
    Archive,
    ChartPin,
    Cluster,
    Community,
    Contact,
    Disk,
    Event,
    Homes,
    Hub,
    HubOutputs,
    Limits,
    Location,
    NodePool,
    Outputs,
    Reserved,
    Rollout,
    Round,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hubfleet.fleet.document import Document

COMMON = "common.values.yaml"
HOME_SERVER = "jupyterhub-home-nfs"
OUTPUTS = "outputs.yaml"


def settings(document: Document) -> Settings:
    """fleet.yaml."""
    data = document.data
    chart = {key: value for key, value in data["charts"]["jupyterhub"].items() if key != "digests"}
    return Settings(
        tools=data["tools"],
        jupyterhub=_chart(chart, ChartPin(version="")),
        home_server=_chart(data["charts"].get(HOME_SERVER, {}), ChartPin(version="")),
        support=_support(data["charts"], {}),
        stages=tuple(data["stages"]),
        admins=tuple(data.get("staff", {}).get("admins", ())),
        registry=data.get("images", {}).get("registry", ""),
        archive=_archive(document),
        rollout=Rollout(**data.get("rollout", {})),
        rounds=tuple(
            Round(each["version"], tuple(each["hubs"]), times.day(each["from"]), each.get("digest", ""))
            for each in data.get("rounds", ())
        ),
        digests=_digests(data),
    )


def defaults(document: Document) -> dict[str, Any]:
    """What a hub has that does not say otherwise."""
    return {"state": "active", "common_values": True, **document.data.get("defaults", {})}


def cluster(document: Document, found: Settings, hub_defaults: dict[str, Any], seen: Outputs, folder: Path) -> Cluster:
    """cluster.yaml, with its hubs."""
    data = document.data
    chart = _chart(data.get("charts", {}).get("jupyterhub", {}), found.jupyterhub)
    home_server = _chart(data.get("charts", {}).get(HOME_SERVER, {}), found.home_server)
    common = folder / COMMON
    own_admins = data.get("staff", {}).get("admins", ())
    return Cluster(
        name=data["name"],
        display_name=data.get("display_name", data["name"]),
        provider=data["provider"],
        place=data.get(data["provider"], {}),
        infrastructure=data.get("infrastructure", {}),
        common_values=common if common.is_file() else None,
        secrets=tuple(folder / name for name in data.get("secrets", ())),
        support=_support(data.get("charts", {}), found.support),
        admins=tuple(dict.fromkeys((*found.admins, *own_admins))),
        limits=_limits(data.get("limits", {})),
        archive=_cluster_archive(document, seen, found),
        outputs=seen,
        hubs=tuple(
            _hub(
                {**hub_defaults, **hub},
                chart,
                home_server,
                found,
                folder,
                Location(document.file, document.line_of(("hubs", index))),
            )
            for index, hub in enumerate(data["hubs"])
        ),
        folder=folder,
        at=Location(document.file, 1),
        domain=data.get("domain", ""),
        reserved=_reserved(data.get("reserved_for", {})),
    )


def outputs(document: Document) -> Outputs:
    """outputs.yaml."""
    data = document.data
    homes = data.get("homes", {})
    return Outputs(
        file=document.file,
        ingress_address=data.get("ingress_address", ""),
        registry=data.get("registry", ""),
        services_range=data.get("services_range", ""),
        homes_server=homes.get("server", ""),
        homes_path=homes.get("path", ""),
        homes_storage_class=homes.get("storage_class", ""),
        archive=data.get("archive", ""),
        hubs={
            name: HubOutputs(hub.get("identity", ""), hub.get("buckets", {}), _disk(hub.get("disk")))
            for name, hub in data.get("hubs", {}).items()
        },
    )


def _disk(data: dict[str, Any] | None) -> Disk | None:
    return Disk(data["id"], data["size_gb"], data.get("zone", "")) if data else None


def _hub(
    data: dict[str, Any], chart: ChartPin, home_server: ChartPin, found: Settings, folder: Path, at: Location
) -> Hub:
    name = data["name"]
    pool = data.get("node_pool")
    homes = _homes(data["homes"])
    return Hub(
        name=name,
        namespace=data.get("namespace", name),
        state=data["state"],
        display_name=data.get("display_name", name),
        domain=data["domain"],
        aliases=tuple(data.get("aliases", ())),
        use_case=data["use_case"],
        stage=data["stage"],
        access=data["access"],
        community=_community(data["community"]),
        homes=homes,
        node_pool=_node_pool(pool) if pool else None,
        chart=_pinned(chart, data.get("chart"), found.digests),
        common_values=data["common_values"],
        values=tuple(folder / file for file in data.get("values", ())),
        secrets=tuple(folder / file for file in data.get("secrets", ())),
        events=tuple(_event(event) for event in data.get("events", ())),
        community_file=_existing(folder / f"{name}.community.yaml"),
        override_file=_existing(folder / f"{name}.override.values.yaml"),
        at=at,
        people=data.get("people"),
        home_server=home_server if homes.kind == "nfs" and not homes.path else None,
    )


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _chart(data: dict[str, Any], below: ChartPin) -> ChartPin:
    """A chart's settings over those of the level below; another version is another package, so the digest goes."""
    digest = "" if "version" in data and data["version"] != below.version else below.digest
    return replace(below, **{"digest": digest, **data})


def _support(charts: dict[str, Any], below: Mapping[str, ChartPin]) -> dict[str, ChartPin]:
    """The charts of a cluster's support: those of the level below, each with what this level says of it."""
    own = charts.get("support", {})
    nothing = ChartPin(version="")
    return {name: _chart(own.get(name, {}), below.get(name, nothing)) for name in [*below, *(own.keys() - below)]}


def _pinned(chart: ChartPin, version: str | None, digests: Mapping[str, str]) -> ChartPin:
    """A hub's own version; its package is one that fleet.yaml knows the digest of, or none."""
    pinned = _chart({"version": version} if version else {}, chart)
    return pinned if pinned.digest or not version else replace(pinned, digest=digests.get(version, ""))


def _digests(data: dict[str, Any]) -> dict[str, str]:
    """Every version of the JupyterHub chart that fleet.yaml has a digest of: as the pin, listed, or in a round."""
    chart = data["charts"]["jupyterhub"]
    known = [
        (each["version"], each.get("digest", "")) for each in (*data.get("rounds", ()), chart) if "version" in each
    ]
    return {**chart.get("digests", {}), **{version: digest for version, digest in known if digest}}


def _reserved(data: dict[str, Any]) -> Reserved:
    return Reserved(data.get("community", ""), tuple(data.get("compliance", ())))


def _community(data: dict[str, Any]) -> Community:
    contacts = tuple(Contact(**each) for each in data["contacts"])
    return Community(data["type"], contacts, data.get("name", ""), data.get("url", ""))


def _homes(data: dict[str, Any]) -> Homes:
    words = {key.replace("-", "_"): value for key, value in data.items()}
    return Homes(**{"kind": None, **words})


def _node_pool(data: dict[str, Any]) -> NodePool:
    gpu = data.get("gpu", {})
    plain = {key: value for key, value in data.items() if key != "gpu"}
    return NodePool(**plain, gpu_type=gpu.get("type", ""), gpu_count=gpu.get("count", 0))


def _event(data: dict[str, Any]) -> Event:
    return Event(data["name"], times.start(data["start"]), times.end(data["end"]), data["people"])


def _archive(document: Document) -> Archive | None:
    data = document.data.get("archive")
    if data is None:
        return None
    return Archive(data["destination"], tuple(data.get("recipients", ())), data.get("keep_days"), document.file)


def _cluster_archive(document: Document, seen: Outputs, found: Settings) -> Archive | None:
    """What cluster.yaml says; else infra-apply's bucket, if hubfleet can write there; else the fleet's."""
    if own := _archive(document):
        return own
    if not seen.archive.startswith(("s3://", "gs://")):
        return found.archive
    recipients = found.archive.recipients if found.archive else ()
    keep_days = (document.data.get("infrastructure", {}).get("archive") or {}).get("keep_days")
    return Archive(seen.archive, recipients, keep_days, seen.file)


def _limits(data: dict[str, Any]) -> Limits:
    images = data.get("images")
    return Limits(data.get("memory"), data.get("cpu"), tuple(images) if images is not None else None, data.get("users"))
