"""How things of the fake Google Cloud change, what is refused, and what an operation looks like in each API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.google_kinds import Refusal, Things, known_as, made

_LINKS = ("network", "subnetwork", "resourcePolicies")
# What an update of a cluster calls what it changes, where it is not `desired` and the field's name.
_FIELDS = {"desiredMasterVersion": "currentMasterVersion", "desiredNodeVersion": "currentNodeVersion"}


def change(things: Things, path: str, body: dict[str, Any]) -> None:
    """A PATCH or PUT: the fields that are sent replace the ones before; a cluster's are merged."""
    kind = path.split("/")[-2]
    if kind == "clusters":
        _change_cluster(things, path, body["update"])
    elif kind == "nodePools":
        for key, each in body.items():
            inner = each if isinstance(each, dict) else {}
            things[path]["config"][key] = inner.get("labels", inner.get("taints", each))  # it has them in a box
    else:
        before = things[path]
        kept = {key: before[key] for key in ("id", "uniqueId", "name", "networks") if key in before}
        things[path] = made(kind, path.partition("/")[2], {**before, **body}, 0) | kept


def do(things: Things, path: str, verb: str, body: dict[str, Any]) -> None:
    """A verb of a thing: `setLabels`, `resize`, `addResourcePolicies`, `setResourceLabels`, ..."""
    thing = things[path]
    if verb == "addResourcePolicies":
        thing["resourcePolicies"] = [*thing.get("resourcePolicies", []), *body["resourcePolicies"]]
    elif verb == "removeResourcePolicies":
        gone = {each.rpartition("/")[2] for each in body["resourcePolicies"]}
        kept = [each for each in thing.get("resourcePolicies", []) if each.rpartition("/")[2] not in gone]
        thing["resourcePolicies"] = kept
    elif verb == "resize":
        if int(body["sizeGb"]) < int(thing["sizeGb"]):
            raise Refusal(400, "A disk can not become smaller, invalid")
        thing["sizeGb"] = str(body["sizeGb"])
    else:
        thing.update(body)


def refuse_missing(things: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """What a new thing names must be there."""
    for link in _linked(body):
        if not any(path.endswith(f"/{link}") for path in things):
            raise Refusal(400, f"The resource '{link}' was not found, notFound")


def refuse_used(things: Mapping[str, Any], path: str, objects: Mapping[str, Any]) -> None:
    """What something else uses, and a bucket with something in it, is not deleted."""
    users = [each for each, body in things.items() if path in _linked(body) and f"/{path}" not in each]
    if users:
        raise Refusal(400, f"The resource '{path}' is used by '{users[0]}', resourceInUseByAnotherResource")
    if path.startswith("b/") and objects.get(path[2:]):
        raise Refusal(409, "The bucket you tried to delete is not empty, conflict")


def refuse_strangers(accounts: Mapping[str, Any], policy: Mapping[str, Any]) -> None:
    """Service accounts that are not there can be in no policy."""
    for member in (each for binding in policy.get("bindings", []) for each in binding["members"]):
        kind, _, name = member.partition(":")
        if kind == "serviceAccount" and name.endswith(".iam.gserviceaccount.com") and name not in accounts:
            raise Refusal(400, f"Service account {name} does not exist, badRequest")


def operation(host: str, path: str, name: str, thing: Mapping[str, Any], failure: str) -> dict[str, Any]:
    """An operation that is done, or has failed, in the words of its API."""
    words = path.split("/")
    if host == "compute.googleapis.com":
        place = {} if words[2] == "global" else {words[2][:-1]: "/".join(words[:4])}
        error = {"error": {"errors": [{"code": "INJECTED", "message": failure}]}} if failure else {}
        return {"kind": "compute#operation", "name": name, "status": "DONE", **place, **error}
    if host == "container.googleapis.com":
        error = {"statusMessage": failure, "error": {"code": 13, "message": failure}} if failure else {}
        return {"name": name, "status": "DONE", "location": words[3], "operationType": "UPDATE_CLUSTER", **error}
    where = f"{'/'.join(words[:4])}/operations/{name}" if "/locations/" in path else f"operations/{name}"
    result = {"error": {"code": 13, "message": failure}} if failure else {"response": dict(thing)}
    return {"name": where, "done": True, **result}


def running(done: Mapping[str, Any]) -> dict[str, Any]:
    """The same operation, before it is done."""
    hidden = ("error", "response", "statusMessage", "done")
    begun = {key: each for key, each in done.items() if key not in hidden}
    return {**begun, "status": "RUNNING"} if "status" in done else {**begun, "done": False}


def _change_cluster(things: Things, path: str, update: dict[str, Any]) -> None:
    cluster = things[path]
    wanted = dict(update)
    pool = wanted.pop("desiredNodePoolId", "")
    target = things[f"{path}/nodePools/{pool}"] if pool else cluster
    for key, each in wanted.items():
        field = key.removeprefix("desired")
        name = _FIELDS.get(key, field[0].lower() + field[1:]).replace("nodePoolAutoscaling", "autoscaling")
        _merge(target, {name: each})


def _linked(body: Mapping[str, Any]) -> Iterator[str]:
    """Other things that this one names, as `projects/...`."""
    places = [body, *(body.get("networks", []) if isinstance(body.get("networks"), list) else [])]
    for place in places:
        for key in _LINKS:
            found = place.get(key) or []
            for each in [found] if isinstance(found, str) else found:
                if "projects/" in each:
                    yield known_as(f"projects/{each.partition('projects/')[2]}")


def _merge(into: dict[str, Any], changed: Mapping[str, Any]) -> None:
    for key, each in changed.items():
        if isinstance(each, dict) and isinstance(into.get(key), dict):
            _merge(into[key], each)
        else:
            into[key] = each
