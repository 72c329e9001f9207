"""Causes that the hub's log, the spawner or a notebook cell name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hubfleet.workflows.dossier.causes import Cause, Rule, first_with, logs_of, troubled, warnings
from hubfleet.workflows.dossier.facts import USERS_SERVER, Facts
from hubfleet.workflows.dossier.logs import last_error
from hubfleet.workflows.dossier.traits import key_of, size_words

_OLD_SCHEMA = ("jupyterhub upgrade-db", "database schema version", "is not compatible with", "DatabaseSchemaMismatch")
_NEWER_SCHEMA = ("can't locate revision identified by",)
_PORT = ("address already in use", "EADDRINUSE")
_CERTIFICATE = (
    "certificate verify failed",
    "certificate has expired",
    "self-signed certificate",
    "unable to get local issuer",
)
_DISK = ("no space left on device", "ENOSPC", "database or disk is full", "disk quota exceeded")
_READ_ONLY = ("read-only file system", "attempt to write a readonly database")
# tini, dumb-init and shells, each in its own words; 127 is the shell's exit code for it.
_NO_COMMAND = re.compile(r"exec .* failed: No such file|\[dumb-init\].*No such file|: (command )?not found$")
_DATABASE = (
    "could not connect to server",
    "connection to server at",
    "OperationalError",
    "unable to open database file",
)


def _lines(facts: Facts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Logs of containers that are in trouble now, and of the hub, which may be in trouble while it runs."""
    ill = {(pod.name, container.name) for pod, container in troubled(facts)}
    for log in facts.logs:
        if (log.pod, log.container) in ill or log.container == "hub":
            yield f"{log.pod}/{log.container}", log.lines


def _database(facts: Facts) -> Cause | None:
    for _, lines in _lines(facts):
        if found := first_with(lines, *_NEWER_SCHEMA):
            return Cause("database-newer", "the hub's database is of a newer JupyterHub than this one", found,
                         "deploy the newer version again, or bring the saved database back")  # fmt: skip
        if found := first_with(lines, *_OLD_SCHEMA):
            return Cause("database-schema", "the hub's database has the schema of another JupyterHub version", found,
                         "set hub.db.upgrade: true; the database is saved before each deploy")  # fmt: skip
    return None


def _machine(facts: Facts) -> Cause | None:
    """What the log says about files, ports and certificates."""
    table = (
        ("port-in-use", _PORT, "a port is in use already", "look for a second process in the pod, or hostPort"),
        ("disk-full", _DISK, "a disk is full", "make room, or raise the volume's size in the hub's values"),
        ("read-only", _READ_ONLY, "a volume can not be written to", "check the volume's access mode and server"),
        ("certificate", _CERTIFICATE, "a certificate is not trusted or has expired", "renew it, or add its authority"),
    )
    for name, words, text, step in table:
        for where, lines in _lines(facts):
            if found := first_with(reversed(lines), *words):
                return Cause(name, f"{where}: {text}", found, step)
    return None


def _configuration(facts: Facts) -> Cause | None:
    """A hub that crashes while it reads its configuration: the traceback's last line, and where it came from."""
    for pod, container in troubled(facts):
        for log in facts.logs:
            if (log.pod, log.container) != (pod.name, container.name) or not log.lines:
                continue
            error, where = last_error(log.lines)
            if error:
                text = f"{pod.name}/{container.name} fails: {error}" + (f" ({where})" if where else "")
                key = where.rpartition(":")[0] if where.startswith("hub.extraConfig.") else key_of(error)
                mend = f"mend {key}{size_words(error)}" if key else "mend hub.config or hub.extraConfig"
                step = mend if key else f"{mend}; {logs_of(facts, pod.name, container.name, previous=True)}"
                return Cause("config-error", text, "\n".join(log.lines[-8:]), step, key)
            trait = first_with(log.lines, "TraitError", "Unrecognized trait", "Config option `", "Unrecognized ")
            if trait:
                return Cause("config-error", f"{pod.name}/{container.name} does not accept its configuration: {trait}",
                             trait, "check the names and types in hub.config")  # fmt: skip
    return None


def _unreachable_database(facts: Facts) -> Cause | None:
    for pod, container in troubled(facts):
        for log in facts.logs:
            if (log.pod, log.container) == (pod.name, container.name) and (found := first_with(log.lines, *_DATABASE)):
                return Cause("database", "the hub can not open its database", found, "check hub.db and its volume")
    return None


def _home(facts: Facts) -> Cause | None:
    """What a cell that writes to the home directory raised."""
    table = (
        ("home-read-only", ("[Errno 30]",), "the home directory is read-only"),
        ("home-full", ("[Errno 28]", "[Errno 122]"), "the home directory is full"),
        ("home-owner", ("[Errno 13]",), "the home directory belongs to another user id (singleuser.uid, fsGid)"),
    )
    for name, words, text in table:
        if found := first_with(reversed(facts.messages), *words):
            return Cause(name, text, found, "check singleuser.storage in the hub's values, and the volume itself")
    return None


def _server_ends(facts: Facts) -> Cause | None:
    """A user's server that ends by itself, whatever the spawner makes of it."""
    for pod, container in troubled(facts):
        if pod.component != USERS_SERVER or container.init or container.exit_code is None:
            continue
        logs = [log for log in facts.logs if (log.pod, log.container) == (pod.name, container.name) and log.lines]
        last = logs[-1].lines[-1] if logs else container.message
        text = f"the user's server ends by itself, with exit code {container.exit_code}" + (f": {last}" if last else "")
        said = "\n".join(logs[-1].lines[-8:]) if logs else container.message
        if _NO_COMMAND.search(last):
            return Cause("command-missing", "the user's server can not be started: its image lacks the command", last,
                         "check singleuser.cmd and the image in the hub's values")  # fmt: skip
        return Cause("server-ends", text, said, "check singleuser.cmd and the image in the hub's values")
    return None


def _server_ended(facts: Facts) -> Cause | None:
    """A user's server that ended again and again, and whose pod the hub has removed since: its events are still there.

    Its container ran for a moment each time, which is all that the spawner waits for; so it says nothing about it.
    """
    if any(pod.component == USERS_SERVER for pod in facts.pods):
        return None
    for event in warnings(facts, "BackOff"):
        if event.name.startswith("jupyter-") and "restarting failed container" in event.message:
            return Cause(
                "server-ends", "the user's server starts, and ends again and again", event.message,
                "raise singleuser.memory.limit: most often it is too small; else look at singleuser.cmd and the image",
            )  # fmt: skip
    return None


def _kernel_silent(facts: Facts) -> Cause | None:
    """The check's own words (hubfleet.tools.notebook): the server runs, and its kernels are not heard."""
    if found := first_with(facts.messages, "the kernel's output did not come through"):
        return Cause("kernel-silent", "the server runs, and a notebook's kernel in it can not be heard", found,
                     "look at what stands between: an ingress or proxy that does not pass websockets on; then at the "
                     "image: ipykernel 7.0 to 7.3 loses requests; then at the log of the user's server")  # fmt: skip
    return None


def _kernel_died(facts: Facts) -> Cause | None:
    for log in facts.logs:
        if log.container == "notebook" and (found := first_with(log.lines, "KernelRestarter: restart")):
            return Cause("kernel-died", "the notebook's kernel dies, most likely because the memory is used up",
                         found, "raise singleuser.memory.limit, or look at what runs when a kernel starts")  # fmt: skip
    return None


def _spawner(facts: Facts) -> Cause | None:
    """What spawner and authenticator say in the hub's log about a server that did not start."""
    lines = [line for log in facts.logs if log.container == "hub" for line in log.lines]
    said = [*reversed(facts.messages), *reversed(lines)]
    if found := first_with(said, "didn't respond", "never showed up at", "failed to respond", "did not respond"):
        return Cause("server-silent", "the user's server started and does not answer the hub", found,
                     "look at the server's log: another port than the hub expects, or a network policy")  # fmt: skip
    if found := first_with(said, "did not start in", "failed to start in", "timeout"):
        return Cause("server-slow", "the user's server did not start in time", found,
                     "raise singleuser.startTimeout, or look why the pod takes so long")  # fmt: skip
    error, where = last_error(tuple(lines))
    if error and (key := key_of(error)) and facts.messages:
        return Cause("config-error", f"the hub can not start a server as it is configured: {error}", error,
                     f"mend {key}{size_words(error)}", key)  # fmt: skip
    if error and re.search(r"Error|Exception", error) and facts.messages:
        return Cause("spawn-error", f"the hub failed while starting the server: {error}", where,
                     f"kubectl --namespace {facts.namespace} logs deployment/hub")  # fmt: skip
    return None


RULES: tuple[Rule, ...] = (
    _home, _database, _machine, _unreachable_database, _server_ends, _server_ended, _configuration, _kernel_died,
    _kernel_silent, _spawner,
)  # fmt: skip
