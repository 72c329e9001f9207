"""API versions that Kubernetes stopped serving, by release.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ as of Kubernetes 1.37. A release that was
deployed with one can not be changed any more after the upgrade: helm would not find its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hubfleet.clouds import numbers

_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_REVIEWS = ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SubjectAccessReview", "SelfSubjectRulesReview")
_FLOW = ("FlowSchema", "PriorityLevelConfiguration")
_RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_WORKLOADS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
_TABLE: tuple[tuple[int, str, tuple[str, ...], str], ...] = (
    (16, "extensions/v1beta1", _WORKLOADS, "apps/v1"),
    (16, "extensions/v1beta1", ("NetworkPolicy",), "networking.k8s.io/v1"),
    (16, "extensions/v1beta1", ("PodSecurityPolicy",), ""),
    (16, "apps/v1beta1", _WORKLOADS, "apps/v1"),
    (16, "apps/v1beta2", _WORKLOADS, "apps/v1"),
    (22, "admissionregistration.k8s.io/v1beta1", _WEBHOOKS, "admissionregistration.k8s.io/v1"),
    (22, "apiextensions.k8s.io/v1beta1", ("CustomResourceDefinition",), "apiextensions.k8s.io/v1"),
    (22, "apiregistration.k8s.io/v1beta1", ("APIService",), "apiregistration.k8s.io/v1"),
    (22, "authentication.k8s.io/v1beta1", ("TokenReview",), "authentication.k8s.io/v1"),
    (22, "authorization.k8s.io/v1beta1", _REVIEWS, "authorization.k8s.io/v1"),
    (22, "certificates.k8s.io/v1beta1", ("CertificateSigningRequest",), "certificates.k8s.io/v1"),
    (22, "coordination.k8s.io/v1beta1", ("Lease",), "coordination.k8s.io/v1"),
    (22, "extensions/v1beta1", ("Ingress",), "networking.k8s.io/v1"),
    (22, "networking.k8s.io/v1beta1", ("Ingress", "IngressClass"), "networking.k8s.io/v1"),
    (22, "rbac.authorization.k8s.io/v1beta1", _RBAC, "rbac.authorization.k8s.io/v1"),
    (22, "scheduling.k8s.io/v1beta1", ("PriorityClass",), "scheduling.k8s.io/v1"),
    (22, "storage.k8s.io/v1beta1", ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"), "storage.k8s.io/v1"),
    (25, "batch/v1beta1", ("CronJob",), "batch/v1"),
    (25, "discovery.k8s.io/v1beta1", ("EndpointSlice",), "discovery.k8s.io/v1"),
    (25, "events.k8s.io/v1beta1", ("Event",), "events.k8s.io/v1"),
    (25, "autoscaling/v2beta1", ("HorizontalPodAutoscaler",), "autoscaling/v2"),
    (25, "policy/v1beta1", ("PodDisruptionBudget",), "policy/v1"),
    (25, "policy/v1beta1", ("PodSecurityPolicy",), ""),
    (25, "node.k8s.io/v1beta1", ("RuntimeClass",), "node.k8s.io/v1"),
    (26, "flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, "flowcontrol.apiserver.k8s.io/v1"),
    (26, "autoscaling/v2beta2", ("HorizontalPodAutoscaler",), "autoscaling/v2"),
    (27, "storage.k8s.io/v1beta1", ("CSIStorageCapacity",), "storage.k8s.io/v1"),
    (29, "flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, "flowcontrol.apiserver.k8s.io/v1"),
    (32, "flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, "flowcontrol.apiserver.k8s.io/v1"),
)
_REMOVED = {(version, kind): (minor, instead) for minor, version, kinds, instead in _TABLE for kind in kinds}


@dataclass(frozen=True, order=True)
class Object:
    """One object of a release."""

    api_version: str
    kind: str
    name: str


@dataclass(frozen=True, order=True)
class Removed:
    """An object that a version of Kubernetes serves no more under this API version."""

    object: Object
    since: str
    instead: str

    def __str__(self) -> str:
        instead = f"use {self.instead}" if self.instead else "there is nothing in its place"
        return f"{self.object.kind} {self.object.name}: {self.object.api_version} is gone since {self.since}; {instead}"


def removed_in(objects: Iterable[Object], version: str) -> Iterator[Removed]:
    """Those that this version of Kubernetes does not serve."""
    for each in sorted(objects):
        minor, instead = _REMOVED.get((each.api_version, each.kind), (0, ""))
        if minor and numbers.minor(version) >= (1, minor):
            yield Removed(each, f"1.{minor}", instead)


def objects(manifest: str) -> tuple[Object, ...]:
    """What a manifest is made of, as `helm get manifest` has it."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = (each for each in yaml.load_all(manifest, Loader=loader) if isinstance(each, dict))
    return tuple(
        Object(str(each["apiVersion"]), str(each["kind"]), str((each.get("metadata") or {}).get("name", "")))
        for each in found
        if each.get("apiVersion") and each.get("kind")
    )
