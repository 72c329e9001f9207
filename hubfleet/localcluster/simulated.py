"""Simulated nodes: kwok plays their kubelets, by rules ("stages") of ours.

The format is kwok's Stage, https://kwok.sigs.k8s.io/docs/user/stages-configuration/. A node becomes
Ready when it appears and stays so by its lease; a pod runs as soon as it has a node, a Job's pod then
succeeds, and a deleted pod goes at once.
"""

from __future__ import annotations

import re
from typing import Any

from hubfleet.localcluster.api import Api
from hubfleet.localcluster.control import daemon
from hubfleet.localcluster.daemons import Daemon
from hubfleet.localcluster.node import written
from hubfleet.localcluster.programs import Programs
from hubfleet.localcluster.settings import Settings

_ANNOTATION = "kwok.x-k8s.io/node"
_NAME = re.compile(r"simulated-(\d+)")
_CAPACITY = {"cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "200Gi"}


def kwok(settings: Settings, programs: Programs) -> Daemon:
    """kwok opens no port; it keeps the leases of its nodes fresh."""
    config = written(settings, "stages", STAGES, suffix=".yaml")
    return daemon(settings, programs, "kwok", {
        "kubeconfig": settings.pki / "kwok.conf", "config": config,
        "manage-nodes-with-annotation-selector": f"{_ANNOTATION}=simulated",
        "cidr": settings.pods, "node-ip": settings.node_address, "node-lease-duration-seconds": 40,
        "server-address": "", "v": "WARN",
    })  # fmt: skip


def node(number: int) -> dict[str, Any]:
    """A node for kwok to play; numbered from 1."""
    name = f"simulated-{number}"
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name, "annotations": {_ANNOTATION: "simulated"},
            "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "type": "simulated",
            },
        },
        "status": {"allocatable": _CAPACITY, "capacity": _CAPACITY},
    }  # fmt: skip


def scale(api: Api, count: int) -> None:
    """Have exactly so many simulated nodes."""
    listed = (api.get("/api/v1/nodes") or {}).get("items", [])
    there = {int(found[1]) for each in listed if (found := _NAME.fullmatch(each["metadata"]["name"]))}
    for number in sorted(there):
        if number > count:
            api.delete(f"/api/v1/nodes/simulated-{number}")
    for number in range(1, count + 1):
        if number not in there:
            api.create("/api/v1/nodes", node(number))


STAGES = """\
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: node-appears}
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector:
    matchExpressions:
      - {key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: NotIn, values: ["True"]}
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Running
      conditions:
      {{ range NodeConditions }}
        - type: {{ .type | Quote }}
          status: {{ .status | Quote }}
          reason: {{ .reason | Quote }}
          message: {{ .message | Quote }}
          lastHeartbeatTime: {{ $now | Quote }}
          lastTransitionTime: {{ $now | Quote }}
      {{ end }}
      addresses:
        - {type: InternalIP, address: {{ NodeIP | Quote }}}
        - {type: Hostname, address: {{ NodeName | Quote }}}
      nodeInfo:
        architecture: amd64
        operatingSystem: linux
        kubeletVersion: simulated
        containerRuntimeVersion: simulated
        bootID: ""
        kernelVersion: ""
        kubeProxyVersion: ""
        machineID: ""
        osImage: ""
        systemUUID: ""
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-runs}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
      - {key: .status.phase, operator: In, values: [Pending]}
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Running
      startTime: {{ $now | Quote }}
      hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
      podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
      conditions:
        - {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
        - {type: Ready, status: "True", lastTransitionTime: {{ $now | Quote }}}
        - {type: ContainersReady, status: "True", lastTransitionTime: {{ $now | Quote }}}
      {{ range .spec.readinessGates }}
        - {type: {{ .conditionType | Quote }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
      {{ end }}
      containerStatuses:
      {{ range .spec.containers }}
        - name: {{ .name | Quote }}
          image: {{ .image | Quote }}
          ready: true
          started: true
          restartCount: 0
          state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
      initContainerStatuses:
      {{ range .spec.initContainers }}
        - name: {{ .name | Quote }}
          image: {{ .image | Quote }}
          ready: true
          restartCount: 0
          {{ if eq .restartPolicy "Always" }}
          started: true
          state: {running: {startedAt: {{ $now | Quote }}}}
          {{ else }}
          state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
          {{ end }}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: job-succeeds}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
      - {key: .status.phase, operator: In, values: [Running]}
      - {key: '.metadata.ownerReferences.[].kind', operator: In, values: [Job]}
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Succeeded
      containerStatuses:
      {{ range .spec.containers }}
        - name: {{ .name | Quote }}
          image: {{ .image | Quote }}
          ready: false
          started: false
          restartCount: 0
          state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-goes}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: .metadata.deletionTimestamp, operator: Exists}
  next:
    delete: true
"""  # noqa: E501 (templates of kwok's own language)
