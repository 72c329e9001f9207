"""What JupyterHub reads at its start: the chart's values, then hub.config, then the hub's own code."""

c = get_config()  # noqa: F821

import os
import sys
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient

sys.path.insert(0, str(Path(__file__).resolve().parent))

import hub_settings
import spawner_settings
from z2jh import (  # noqa: F401  (the hub's own code uses them by these names, as on zero-to-jupyterhub)
    get_config,
    get_name,
    get_name_env,
    get_secret_value,
    set_config_if_not_none,
)

# Python's own client is too slow for many calls to the proxy.
AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")

hub_settings.set_hub(c, get_config)
hub_settings.set_database(c, get_config, get_secret_value, os.environ)
hub_settings.set_services(c, get_config, get_secret_value)
spawner_settings.set_spawner(c, get_config, os.environ["POD_NAMESPACE"])
spawner_settings.set_storage(c, get_config)
hub_settings.set_secrets(c, get_secret_value)
hub_settings.pass_through(c, get_config)

for name, code in sorted((get_config("hub.extraConfig") or {}).items()):
    print(f"Loading hub.extraConfig.{name}")
    exec(compile(code, f"hub.extraConfig.{name}", "exec"))
