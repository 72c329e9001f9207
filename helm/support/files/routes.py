"""Gives configurable-http-proxy the routes that Ingress objects ask for: the way in of the cluster on this machine.

It knows what hubs use: rules with a host, paths that are prefixes, services by port name or number. TLS, rules
without a host and default backends are left out, with a word in the log. Runs beside the proxy, in one pod.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
KUBERNETES = "https://kubernetes.default.svc"
PROXY = "http://127.0.0.1:8001/api/routes"
READY = Path("/run/ingress/ready")
SECONDS = 1.0
Object = dict[str, Any]


def routes(ingresses: list[Object], services: list[Object], class_name: str) -> tuple[dict[str, str], list[str]]:
    """What the proxy should know: targets by `/host/path`, and what could not be done, in words.

    Where two ask for the same, the older one has it.
    """
    known = {(each["metadata"]["namespace"], each["metadata"]["name"]): each["spec"] for each in services}
    wanted: dict[str, str] = {}
    troubles = []
    for ingress in sorted(ingresses, key=lambda each: each["metadata"].get("creationTimestamp", "")):
        where = f"{ingress['metadata']['namespace']}/{ingress['metadata']['name']}"
        if ingress["spec"].get("ingressClassName") != class_name:
            continue
        for rule in ingress["spec"].get("rules") or []:
            for path in (rule.get("http") or {}).get("paths", []):
                backend = path["backend"].get("service", {})
                target = address(known.get((ingress["metadata"]["namespace"], backend.get("name"))), backend)
                key = f"/{rule.get('host', '')}{path.get('path', '/').rstrip('/')}"
                if not rule.get("host") or target is None:
                    lacks = "has no host" if not rule.get("host") else f"has no service {backend.get('name')} and port"
                    troubles.append(f"{where}: a rule {lacks}")
                elif wanted.setdefault(key, target) != target:
                    troubles.append(f"{where}: {key} is an older Ingress's")
    return wanted, troubles


def address(service: Object | None, backend: Object) -> str | None:
    """Where a backend's service listens; None where there is no such service or port."""
    asked = backend.get("port", {})
    for port in (service or {}).get("ports", []):
        if asked.get("number") == port["port"] or (asked.get("name") and asked["name"] == port.get("name")):
            return f"http://{service['clusterIP']}:{port['port']}" if service else None
    return None


def differences(there: dict[str, str], wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to set, and what to remove."""
    return {key: target for key, target in wanted.items() if there.get(key) != target}, sorted(there.keys() - wanted)


def kubernetes(path: str) -> list[Object]:
    """The items of a list of the cluster's."""
    token = (ACCOUNT / "token").read_text()
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    request = Request(KUBERNETES + path, headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=10, context=trust) as answer:
        return json.load(answer)["items"] or []


def proxy(method: str, route: str = "", target: str = "") -> Any:
    """Ask the proxy's own API (https://github.com/jupyterhub/configurable-http-proxy#rest-api)."""
    body = json.dumps({"target": target}).encode() if target else None
    with urlopen(Request(PROXY + route, data=body, method=method), timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def once(class_name: str) -> list[str]:
    """Bring the proxy to what the Ingress objects say; what could not be done, in words."""
    ingresses = kubernetes("/apis/networking.k8s.io/v1/ingresses")
    wanted, troubles = routes(ingresses, kubernetes("/api/v1/services"), class_name)
    there = {key: each["target"].rstrip("/") for key, each in proxy("GET").items()}
    added, gone = differences(there, wanted)
    for route, target in added.items():
        print(f"{route} -> {target}")
        proxy("POST", route, target)
    for route in gone:
        print(f"{route} is gone")
        proxy("DELETE", route)
    return troubles


def main(class_name: str) -> None:
    """For ever: every second, whatever went wrong before."""
    said: list[str] = []
    while True:
        try:
            troubles = once(class_name)
            READY.touch()
        except (URLError, OSError, ValueError) as trouble:
            troubles = [f"{type(trouble).__name__}: {trouble}"]
        if troubles != said:
            print("\n".join(troubles) or "all is well")
            said = troubles
        time.sleep(SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
