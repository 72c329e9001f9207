"""Everything that work on one cluster's infrastructure needs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hubfleet import clouds, paths, toolchain
from hubfleet.clouds.interface import Cloud
from hubfleet.errors import HubfleetError, Refused
from hubfleet.fleet import Cluster, load_fleet
from hubfleet.process import ProcessFailed
from hubfleet.runs import Run
from hubfleet.toolchain.slot import locked as one_at_a_time
from hubfleet.tools.terraform import Terraform
from hubfleet.workflows.infra import backend, credentials, inputs, sources

_NO_PLACE = ("does not exist", "NoSuchBucket", "bucket doesn't exist", "ContainerNotFound", "ResourceGroupNotFound",
             "ResourceNotFound", "no such host")  # fmt: skip
_NO_PROVIDER = ("Failed to query available provider packages", "could not connect to registry", "Failed to install")


@dataclass(frozen=True)
class Site:
    """One cluster, its cloud, and its folder."""

    root: Path
    cluster: Cluster
    cloud: Cloud
    home: Path

    @cached_property
    def backend(self) -> backend.Backend:
        """Where its state is."""
        return backend.backend(self.cluster, self.root)

    @property
    def owner(self) -> str:
        """Project, account or subscription."""
        return inputs.owner(self.cluster)

    def inputs(self, *, protected: bool = True) -> str:
        """What terraform gets, as tfvars.json."""
        return inputs.text(inputs.inputs(self.cluster, protected=protected))

    def digest(self) -> str:
        """Tells whether cluster.yaml or terraform/ has changed."""
        return sources.digest(self.root, self.inputs())

    def terraform(self, module: Path | None = None, data: Path | None = None) -> Terraform:
        """terraform in the cluster's copy of terraform/<provider>, or in another module with other data."""
        env = credentials.environment(self.cluster)
        config = credentials.cli_config() or sources.config_of_mirror(self.home)
        if config:
            env["TF_CLI_CONFIG_FILE"] = str(config)
        return Terraform(
            binary=toolchain.tool("terraform", self.root),
            folder=module or self.home / "terraform" / self.cluster.provider,
            data=data or self.home / "data",
            env=env,
            plugins=paths.cache() / "terraform-plugins",
            lock_seconds=int(os.environ.get("HUBFLEET_LOCK_SECONDS", "60")),
        )


def site_of(root: Path, name: str) -> Site:
    """The cluster of that name.

    Raises:
        WrongUsage: there is none, or it is in no cloud. InvalidConfiguration: the files are wrong.
    """
    cluster = load_fleet(root).cluster(name)
    cloud = clouds.cloud(cluster)
    return Site(root, cluster, cloud, sources.home(root, name))


@contextmanager
def alone(site: Site) -> Iterator[None]:
    """One piece of work on a cluster's infrastructure at a time on this machine; between machines the state's lock
    counts.

    Raises:
        Refused: another one is going on.
    """
    with (site.home / "process.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as trouble:
            raise Refused(
                f"the infrastructure of {site.cluster.name} is being worked on by another process on this machine",
                where=str(site.home),
                next_step="wait until it has ended",
            ) from trouble
        try:
            yield
        except HubfleetError as trouble:
            trouble.next_step = trouble.next_step.replace("CLUSTER", site.cluster.name)  # terraform knows no clusters
            raise


def prepare(site: Site, run: Run, *, imports: Mapping[str, str] | None = None) -> Terraform:
    """terraform, ready to plan: a fresh copy of the sources, providers there, the state found.

    Raises:
        HubfleetError: there is no such state yet, or a provider can not be had; says how.
    """
    module = sources.copy(site.root, site.cluster.provider, site.home / "terraform")
    sources.set_backend(module, site.backend)
    if imports:
        sources.set_imports(module, dict(imports))
    terraform = site.terraform()
    initialise(terraform, site, run, site.backend.settings)
    return terraform


def initialise(terraform: Terraform, site: Site, run: Run, settings: Mapping[str, str]) -> None:
    """`terraform init`, one at a time on this machine: the cache of providers is shared.

    Raises:
        HubfleetError: see `prepare`.
    """
    import threading

    step = run.log("terraform")
    lock = terraform.plugins.parent / "terraform-plugins.lock"
    try:
        with one_at_a_time(lock, "terraform's providers", step, threading.Event()):
            terraform.init(settings, on_line=step)
    except ProcessFailed as trouble:
        raise _plainly(trouble, site) from trouble


def write_inputs(site: Site, run: Run, *, protected: bool = True) -> Path:
    """The inputs, in the run's folder, readable by their owner only."""
    path = run.folder / "inputs.tfvars.json"
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(site.inputs(protected=protected), encoding="utf-8")
    return path


def _plainly(trouble: ProcessFailed, site: Site) -> HubfleetError:
    said = trouble.completed.stderr + trouble.completed.stdout
    if any(each in said for each in _NO_PROVIDER):
        return HubfleetError(
            "terraform can not get its providers",
            where=trouble.where,
            evidence=trouble.evidence,
            next_step="check the network, or name a mirror: docs/make-a-cluster.md",
        )
    if site.backend.kind != "local" and any(each in said for each in _NO_PLACE):
        return StateMissing(
            f"there is no place for the state of {site.cluster.name} yet: {site.backend.bucket}",
            where=f"{site.cluster.provider} {site.owner}",
            evidence=trouble.evidence,
            next_step=f"./inv infra-bootstrap {site.cluster.name} makes it, once for {_WHOLE[site.cluster.provider]}",
        )
    return trouble


class StateMissing(HubfleetError):
    """The bucket for states is not there."""


_WHOLE = {"gcp": "a project", "aws": "a region", "azure": "a subscription"}
