"""Causes that Kubernetes itself names: pods that can not be made, placed, given their image or their volumes."""

from __future__ import annotations

import re

from hubfleet.workflows.dossier.causes import Cause, Rule, describe, first_with, logs_of, troubled, warnings
from hubfleet.workflows.dossier.facts import CORE, Facts
from hubfleet.workflows.dossier.pulling import why_not_pulled

_NO_IMAGE = {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
_NO_CONTAINER = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}
_NO_PLACE = (
    (
        "untolerated taint",
        "no node tolerates it: the nodes have taints that its tolerations do not name",
        "tolerations",
    ),
    ("volume node affinity", "its volume is in another zone, or on another node, than the nodes it may use", "volume"),
    ("Insufficient cpu", "no node has enough CPU left", "cpu"),
    ("Insufficient memory", "no node has enough memory left", "memory"),
    ("Too many pods", "the nodes have as many pods as they may have", "pods"),
    ("node affinity/selector", "no node has the labels that its node selector asks for", "selector"),
    ("didn't have free ports", "another pod has its port on every node", "port"),
    ("Insufficient ", "no node has enough left of a resource it asks for", "resource"),
)


def _quota(facts: Facts) -> Cause | None:
    short = [each for each in facts.workloads if each.ready < each.wanted]
    said = [each.trouble for each in short if each.trouble] + list(facts.messages)
    podless = [each for each in short if not any(pod.name.startswith(f"{each.name}-") for pod in facts.pods)]
    said += [event.message for event in warnings(facts, "FailedCreate")] if podless else []
    if found := first_with(said, "exceeded quota", "failed quota"):
        step = f"kubectl --namespace {facts.namespace} describe resourcequota"
        return Cause("quota", "the namespace's quota is used up", found, step)
    if found := first_with(said, "is forbidden", "admission webhook", "violates PodSecurity"):
        return Cause("pod-refused", "the cluster refuses to make the pod", found, "change what the message names")
    return None


def _switched_off(facts: Facts) -> Cause | None:
    off = [each.name for each in facts.workloads if each.name in CORE and each.wanted == 0]
    if not off:
        return None
    step = f"kubectl --namespace {facts.namespace} scale deployment {' '.join(off)} --replicas=1"
    return Cause("scaled-to-zero", f"{' and '.join(off)} is scaled to 0", f"deployment {off[0]}: 0 wanted", step)


def _missing(facts: Facts) -> Cause | None:
    """A deployment that somebody deleted. Where none of them is there, nothing was deployed yet."""
    there = {each.name for each in facts.workloads}
    for name in CORE:
        if name not in there and there.intersection(CORE):
            there_are = f"deployments of {facts.namespace}: {', '.join(sorted(there))}"
            return Cause("deployment-missing", f"there is no deployment {name}: somebody deleted it", there_are,
                         "./inv deploy-hub CLUSTER HUB --force")  # fmt: skip
    return None


def _start_hook(facts: Facts) -> Cause | None:
    for event in warnings(facts, "FailedPostStartHook"):
        return Cause("start-hook", f"the command that runs after the start of {event.name} fails (postStart)",
                     event.message, "mend lifecycle_hooks.postStart in the hub's values")  # fmt: skip
    return None


def _image(facts: Facts) -> Cause | None:
    said = [event.message for event in warnings(facts, "Failed", "InspectFailed", "ErrImageNeverPull")]
    for pod, container in troubled(facts):
        if container.reason in _NO_IMAGE:
            own = [text for text in said if container.image in text]
            text = first_with(own, "failed to pull") or container.message or container.reason
            return why_not_pulled(container.image, text, describe(facts, "pod", pod.name))
    text = first_with([*said, *reversed(facts.messages)], "failed to pull image", "pull policy of never")
    image = re.search(r'[Ii]mage "([^"]+)"', text)
    return why_not_pulled(image[1], text, "check the image's name in the hub's values") if image else None


def _config(facts: Facts) -> Cause | None:
    for pod, container in troubled(facts):
        if container.reason not in _NO_CONTAINER and container.ended not in _NO_CONTAINER:
            continue
        if container.reason == "CreateContainerConfigError":
            text = f"{pod.name}/{container.name} needs a Secret or ConfigMap that is not there, or lacks a key"
            return Cause(
                "config-missing", text, container.message, f"kubectl -n {facts.namespace} get secrets,configmaps"
            )
        text = f"{pod.name}/{container.name} can not be started: its command does not run in this image"
        return Cause("command-missing", text, container.message, "check `cmd` and the image in the hub's values")
    return None


def _claim(facts: Facts) -> Cause | None:
    for claim in facts.claims:
        if claim.phase == "Bound":
            continue
        said = [each for each in reversed(facts.events) if each.name == claim.name]
        why = next(
            (each for each in said if each.warning or each.reason in ("FailedBinding", "ExternalProvisioning")), None
        )
        if claim.phase == "Pending" and why is None:
            continue  # WaitForFirstConsumer: normal until its pod has a node
        return Cause(
            "claim-pending", _why_pending(claim.storage_class, why.message if why else ""),
            f"volume claim {claim.name}: {why.reason}: {why.message}" if why else f"{claim.name} is {claim.phase}",
            "kubectl get storageclass; " + describe(facts, "pvc", claim.name),
        )  # fmt: skip
    return None


def _why_pending(storage_class: str, message: str) -> str:
    if "not found" in message and "storageclass" in message:
        return f"there is no storage class {storage_class}"
    if not storage_class:
        return "the volume claim names no storage class, and the cluster has no default"
    if "waiting for a volume to be created" in message.lower():
        return f"the provisioner of storage class {storage_class} does not make the volume; is it running?"
    return f"storage class {storage_class} can not make the volume"


def _unplaced(facts: Facts) -> Cause | None:
    said = {pod.name: pod.unschedulable for pod in facts.pods if pod.unschedulable and not pod.deleting}
    placed = {pod.name for pod in facts.pods if not pod.unschedulable}
    placed |= {event.name for event in facts.events if event.reason == "Scheduled"}
    waiting = [event for event in warnings(facts, "FailedScheduling") if event.name not in placed]
    said = said or {event.name: event.message for event in waiting}
    for name, message in said.items():
        scaled = next((e for e in facts.events if e.name == name and e.reason == "NotTriggerScaleUp"), None)
        evidence = message + (f" · the autoscaler: {scaled.message}" if scaled else "")
        for part, text, word in _NO_PLACE:
            if part in message:
                return Cause(f"unschedulable-{word}", f"{name} finds no node: {text}", evidence, _nodes(facts, name))
        if re.search(r'persistentvolumeclaim "\S+" not found', message):
            return Cause(
                "claim-missing", f"{name} needs a volume claim that is not there", evidence, _nodes(facts, name)
            )
        return Cause("unschedulable", f"{name} finds no node", evidence, _nodes(facts, name))
    return None


def _nodes(facts: Facts, name: str) -> str:
    return f"kubectl get nodes; {describe(facts, 'pod', name)}"


def _mount(facts: Facts) -> Cause | None:
    for event in warnings(facts, "FailedMount", "FailedAttachVolume", "FailedMapVolume"):
        step = describe(facts, "pod", event.name)
        missing = re.search(r'(secret|configmap) "([^"]+)" not found', event.message)
        if missing:
            return Cause("mount-missing", f"{event.name} mounts {missing[1]} {missing[2]}, which is not there",
                         event.message, f"kubectl --namespace {facts.namespace} get {missing[1]}s")  # fmt: skip
        if "Multi-Attach" in event.message:
            return Cause("volume-in-use", f"the volume of {event.name} is still attached to another node",
                         event.message, step)  # fmt: skip
        return Cause("mount-failed", f"a volume of {event.name} can not be mounted", event.message, step)
    return None


def _memory(facts: Facts) -> Cause | None:
    for pod, container in troubled(facts):
        if container.ended == "OOMKilled":
            text = f"{pod.name}/{container.name} needs more memory than its limit and was killed"
            key = "hub.resources" if pod.component in CORE else "singleuser.memory.limit"
            return Cause(
                "out-of-memory", text, f"OOMKilled, {container.restarts} restarts", f"raise {key} in the values"
            )
    return None


def _evicted(facts: Facts) -> Cause | None:
    for pod in facts.pods:
        if pod.reason == "Evicted":
            what = "disk" if "ephemeral-storage" in pod.message or "DiskPressure" in pod.message else "a resource"
            text = f"{pod.name} was evicted: its node ran out of {what}"
            return Cause("evicted", text, pod.message, "kubectl describe nodes | grep -A6 Conditions")
    return None


def _probe(facts: Facts) -> Cause | None:
    for event in warnings(facts, "Unhealthy"):
        text = f"{event.name} runs and does not answer its health check"
        return Cause("probe-failing", text, event.message, logs_of(facts, event.name))
    return None


def _crash(facts: Facts) -> Cause | None:
    for pod, container in troubled(facts):
        if container.exit_code:
            logs = [log for log in facts.logs if (log.pod, log.container) == (pod.name, container.name)]
            last = next((log.lines[-1] for log in reversed(logs) if log.lines), container.message)
            text = f"{pod.name}/{container.name} ends with exit code {container.exit_code}"
            return Cause("crash", text, last, logs_of(facts, pod.name, container.name, previous=True))
    return None


RULES: tuple[Rule, ...] = (
    _switched_off, _missing, _quota, _image, _config, _claim, _mount, _unplaced, _memory, _start_hook,
)  # fmt: skip
LAST: tuple[Rule, ...] = (_crash, _evicted, _probe)
