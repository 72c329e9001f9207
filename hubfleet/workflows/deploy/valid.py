"""What `validate` says about one hub, before anything of it is touched."""

from __future__ import annotations

from hubfleet.errors import InvalidConfiguration
from hubfleet.validation.validate import inspect
from hubfleet.workflows.deploy.target import Target


def refuse_invalid(target: Target) -> None:
    """The rules for files and values, without rendering: helm renders on the server a moment later.

    A chart that is not the one that the files name is checked by that alone.

    Raises:
        InvalidConfiguration: with every mistake of the hub's files.
    """
    if target.hub.chart != target.fleet.cluster(target.cluster.name).hub(target.hub.name).chart:
        return
    found = [each for each in inspect(target.root, [target.subject]).findings if each.severity == "error"]
    if found:
        many = f"{len(found)} mistake{'s' if len(found) > 1 else ''}"
        raise InvalidConfiguration(
            f"{target.subject} has {many} in its files; nothing was changed",
            findings=found,
            next_step=f"mend them, then look: ./inv validate -s {target.subject}",
        )
