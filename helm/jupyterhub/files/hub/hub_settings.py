"""The hub itself, its services and roles, from the chart's values. Functions of (c, get_config) and nothing else."""

_TRAITS = {
    "allow_named_servers": "allowNamedServers",
    "redirect_to_server": "redirectToServer",
}
# What the chart keeps in Secret `hub`, whatever hub.config says.
_KEPT = {
    "JupyterHub": ("cookie_secret", "services"),
    "ConfigurableHTTPProxy": ("auth_token",),
    "CryptKeeper": ("keys",),
}


def set_hub(c, get_config):
    """Where the hub and its proxy are, and how the hub behaves."""
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.ConfigurableHTTPProxy.api_url = "http://proxy-api:8001"
    c.ConfigurableHTTPProxy.should_start = False
    c.JupyterHub.hub_bind_url = "http://:8081"
    c.JupyterHub.hub_connect_url = "http://hub:8081"
    # Users' servers outlive the hub: a deploy must not end anybody's work.
    c.JupyterHub.cleanup_servers = False
    # Missing routes are put back within a minute.
    c.JupyterHub.last_activity_interval = 60
    # z2jh's: a crowd starts in turns, and a hub that can not start anything any more restarts itself.
    c.JupyterHub.concurrent_spawn_limit = 64
    c.Spawner.consecutive_failure_limit = 5
    # Who waits for a server sees at once what is happening.
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    for trait, key in _TRAITS.items():
        value = get_config(f"hub.{key}")
        if value is not None:
            c.JupyterHub[trait] = value
    if get_config("debug.enabled"):
        c.JupyterHub.log_level = "DEBUG"
        c.Spawner.debug = True


def set_database(c, get_config, get_secret_value, environ):
    """The database. A password goes where its client library looks for it, and not into the address."""
    kind = get_config("hub.db.type")
    addresses = {"sqlite-pvc": "sqlite:////srv/jupyterhub/jupyterhub.sqlite", "sqlite-memory": "sqlite://"}
    c.JupyterHub.db_url = addresses.get(kind) or get_config("hub.db.url")
    variable = {"mysql": "MYSQL_PWD", "postgres": "PGPASSWORD"}.get(kind)
    password = get_secret_value("hub.db.password", None)
    if variable and password:
        environ[variable] = password


def set_secrets(c, get_secret_value):
    """What the chart made once and keeps."""
    c.JupyterHub.cookie_secret = get_secret_value("hub.config.JupyterHub.cookie_secret")
    c.CryptKeeper.keys = get_secret_value("hub.config.CryptKeeper.keys").split(";")


def set_services(c, get_config, get_secret_value):
    """Services and roles: maps by name in the values, so that they merge; lists in JupyterHub."""
    c.JupyterHub.services = []
    c.JupyterHub.load_roles = []
    if get_config("cull.enabled"):
        base_url = (get_config("hub.config.JupyterHub") or {}).get("base_url", "/")
        service, role = culler(get_config("cull"), base_url)
        c.JupyterHub.services.append(service)
        c.JupyterHub.load_roles.append(role)
    for key, values in (get_config("hub.services") or {}).items():
        service = {"name": key, **(values or {})}
        service.pop("apiToken", None)
        service["api_token"] = get_secret_value(f"hub.services.{key}.apiToken")
        c.JupyterHub.services.append(service)
    for key, values in (get_config("hub.loadRoles") or {}).items():
        c.JupyterHub.load_roles.append({"name": key, **(values or {})})


def culler(cull, base_url):
    """The service that stops idle servers, and its role with no right that it does not need.

    https://github.com/jupyterhub/jupyterhub-idle-culler#permissions
    """
    name = "jupyterhub-idle-culler"
    flags = {"timeout": "timeout", "every": "cull-every", "concurrency": "concurrency", "maxAge": "max-age"}
    command = ["python3", "-m", "jupyterhub_idle_culler", f"--url=http://localhost:8081{base_url.rstrip('/')}/hub/api"]
    command += [f"--{flag}={cull[key]}" for key, flag in flags.items() if cull.get(key)]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if cull.get("users"):
        command.append("--cull-users")
        scopes.append("admin:users")
    if not cull.get("adminUsers"):
        command.append("--cull-admin-users=false")
    if cull.get("removeNamedServers"):
        command.append("--remove-named-servers")
    return {"name": name, "command": command}, {"name": name, "scopes": scopes, "services": [name]}


def pass_through(c, get_config):
    """hub.config, class by class, over everything that the chart has set itself."""
    for section, traits in (get_config("hub.config") or {}).items():
        kept = _KEPT.get(section, ())
        c[section].update({name: value for name, value in (traits or {}).items() if name not in kept})
