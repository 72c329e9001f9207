"""Upgrading a cluster's Kubernetes: looked at first; control plane, then pools; users waited for; hubs checked."""

from hubfleet.workflows.upgrade_cluster.drain import drain_pool, reopen_pool
from hubfleet.workflows.upgrade_cluster.moment import moment
from hubfleet.workflows.upgrade_cluster.preflight import Concern
from hubfleet.workflows.upgrade_cluster.steps import Task
from hubfleet.workflows.upgrade_cluster.upgrade import Options, Plan, Upgraded, plan, refuse_first, upgrade_cluster

__all__ = [
    "Concern", "Options", "Plan", "Task", "Upgraded", "drain_pool", "moment", "plan", "refuse_first", "reopen_pool",
    "upgrade_cluster",
]  # fmt: skip
