"""Users' servers, from the chart's values below `singleuser`. Functions of (c, get_config) and nothing else."""

_TRAITS = {
    "start_timeout": "startTimeout",
    "image_pull_policy": "image.pullPolicy",
    "service_account": "serviceAccountName",
    "storage_extra_labels": "storage.extraLabels",
    "node_selector": "nodeSelector",
    "tolerations": "extraTolerations",
    "init_containers": "initContainers",
    "mem_limit": "memory.limit",
    "mem_guarantee": "memory.guarantee",
    "cpu_limit": "cpu.limit",
    "cpu_guarantee": "cpu.guarantee",
    "extra_resource_limits": "extraResource.limits",
    "extra_resource_guarantees": "extraResource.guarantees",
    "environment": "extraEnv",
    "profile_list": "profileList",
}


def set_spawner(c, get_config, namespace):
    """Everything about users' servers but their volumes."""
    spawner = c.KubeSpawner
    spawner.namespace = namespace
    spawner.common_labels = _labels(get_config)
    spawner.extra_labels = get_config("singleuser.extraLabels")
    spawner.uid = 1000
    spawner.fs_gid = 100
    spawner.allow_privilege_escalation = False
    for trait, key in _TRAITS.items():
        value = get_config(f"singleuser.{key}")
        if value is not None:
            spawner[trait] = value
    image = get_config("singleuser.image")
    spawner.image = f"{image['name']}:{image['tag']}"
    spawner.image_pull_secrets = _pull_secrets(get_config)
    # null is the image's own command, and not the same as nothing.
    c.Spawner.cmd = get_config("singleuser.cmd")
    if get_config("singleuser.defaultUrl"):
        c.Spawner.default_url = get_config("singleuser.defaultUrl")
    if get_config("singleuser.cloudMetadata.blockWithIptables"):
        spawner.init_containers = [*(get_config("singleuser.initContainers") or []), _metadata_block(get_config)]


def set_storage(c, get_config):
    """Homes, files and further volumes. Maps by name, so that profiles can change single ones."""
    storage = get_config("singleuser.storage")
    volumes, mounts = _home(c, storage)
    files = get_config("singleuser.extraFiles") or {}
    if files:
        items = [{"key": key, "path": key, **({"mode": file["mode"]} if "mode" in file else {})}
                 for key, file in files.items()]  # fmt: skip
        volumes["files"] = {"name": "files", "secret": {"secretName": "singleuser", "items": items}}
        for index, (key, file) in enumerate(files.items()):
            mounts[f"{index}-files"] = {"name": "files", "mountPath": file["mountPath"], "subPath": key}
    volumes.update(_by_name(storage.get("extraVolumes"), lambda index, volume: volume["name"]))
    mounts.update(_by_name(storage.get("extraVolumeMounts"), lambda index, mount: f"{index}-{mount['name']}"))
    c.KubeSpawner.volumes = volumes
    c.KubeSpawner.volume_mounts = mounts


def _home(c, storage):
    kind = storage["type"]
    if kind == "dynamic":
        own = storage["dynamic"]
        name, claim, sub_path = own["volumeNameTemplate"], "{pvc_name}", own.get("subPath")
        c.KubeSpawner.storage_pvc_ensure = True
        c.KubeSpawner.storage_capacity = storage["capacity"]
        c.KubeSpawner.storage_access_modes = own["storageAccessModes"]
        if own.get("storageClass") is not None:
            c.KubeSpawner.storage_class = own["storageClass"]
        if own.get("pvcNameTemplate"):
            c.KubeSpawner.pvc_name_template = own["pvcNameTemplate"]
    elif kind == "static":
        name, claim, sub_path = "home", storage["static"]["pvcName"], storage["static"].get("subPath")
    else:
        return {}, {}
    mount = {"name": name, "mountPath": storage["homeMountPath"]}
    if sub_path:
        mount["subPath"] = sub_path
    return {name: {"name": name, "persistentVolumeClaim": {"claimName": claim}}}, {name: mount}


def _by_name(entries, key):
    """Volumes or mounts as a map; a list is the older form of the values."""
    if isinstance(entries, list):
        return {key(index, entry): entry for index, entry in enumerate(entries)}
    return dict(entries or {})


def _labels(get_config):
    """The labels that network policies, and people, find users' pods and claims by."""
    release = get_config("Release.Name")
    chart = f"{get_config('Chart.Name')}-{get_config('Chart.Version')}".replace("+", "_")
    return {
        "app": "jupyterhub", "release": release, "chart": chart,
        "app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/instance": release, "helm.sh/chart": chart,
        "app.kubernetes.io/managed-by": "kubespawner",
    }  # fmt: skip


def _pull_secrets(get_config):
    secrets = ["image-pull-secret"] if _uses_own_pull_secret(get_config) else []
    return secrets + (get_config("imagePullSecrets") or []) + (get_config("singleuser.image.pullSecrets") or [])


def _uses_own_pull_secret(get_config):
    return get_config("imagePullSecret.create") and get_config("imagePullSecret.automaticReferenceInjection")


def _metadata_block(get_config):
    """A container that runs first, with the rights to close the way to the cloud's metadata server."""
    image = get_config("singleuser.networkTools.image")
    address = get_config("singleuser.cloudMetadata.ip")
    return {
        "name": "block-cloud-metadata",
        "image": f"{image['name']}:{image['tag']}",
        "command": ["iptables", "-A", "OUTPUT", "-p", "tcp", "-d", address, "--dport", "80", "-j", "DROP"],
        "securityContext": {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}},
        "resources": get_config("singleuser.networkTools.resources") or {},
    }
