"""Which key of the JupyterHub chart a refused trait comes from, by traitlets' own words. Pure."""

from __future__ import annotations

import re

# "The 'port' trait of a JupyterHub instance expected an int, not the str 'x'." (traitlets: TraitType.error)
_TRAIT = re.compile(r"The '(?P<trait>\w+)' trait of (an? )?(?P<owner>\w+) instance")
_SIZE = re.compile(r"TraitError: (?P<value>.*) is not a valid memory specification")  # jupyterhub/traitlets.py
_SPAWNERS = ("Spawner", "KubeSpawner")
# As z2jh and our embedded chart set them (its jupyterhub_config.py; helm/jupyterhub/files/hub/spawner_settings.py).
_SINGLEUSER = {
    "mem_limit": "memory.limit", "mem_guarantee": "memory.guarantee",
    "cpu_limit": "cpu.limit", "cpu_guarantee": "cpu.guarantee", "start_timeout": "startTimeout",
    "image": "image", "image_pull_policy": "image.pullPolicy", "cmd": "cmd", "default_url": "defaultUrl",
    "service_account": "serviceAccountName", "node_selector": "nodeSelector", "tolerations": "extraTolerations",
    "init_containers": "initContainers", "environment": "extraEnv", "profile_list": "profileList",
    "extra_resource_limits": "extraResource.limits", "extra_resource_guarantees": "extraResource.guarantees",
    "extra_labels": "extraLabels", "extra_annotations": "extraAnnotations", "lifecycle_hooks": "lifecycleHooks",
    "storage_extra_labels": "storage.extraLabels", "storage_capacity": "storage.capacity",
    "volumes": "storage.extraVolumes", "volume_mounts": "storage.extraVolumeMounts",
}  # fmt: skip


def key_of(error: str) -> str:
    """The key that a traceback's last line points to; empty where it does not say.

    A size that JupyterHub does not understand comes without the trait's name: only memory is written so.
    """
    if _SIZE.search(error):
        return "singleuser.memory"
    found = _TRAIT.search(error)
    if found is None:
        return ""
    trait, owner = found["trait"], found["owner"]
    if owner in _SPAWNERS and trait in _SINGLEUSER:
        return f"singleuser.{_SINGLEUSER[trait]}"
    return f"hub.config.{owner}.{trait}"


def size_words(error: str) -> str:
    """What to write instead, where a size of memory was refused; else empty."""
    found = _SIZE.search(error)
    if found is None:
        return ""
    number = re.match(r"\d+(\.\d+)?[KMGT]", found["value"])
    return f": memory is written {number[0] if number else '512M'}, not {found['value']}"
