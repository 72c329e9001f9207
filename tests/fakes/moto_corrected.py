"""moto's server, corrected where terraform would see differences that AWS does not make.

Corrected: a launch template's own tags do not become tags of what it launches.
What moto (5.2) does not model of terraform/aws: EKS add-ons, updates of node groups, selections of AWS Backup, the
subscribers of a budget. It calls each node group's SSH key eksKeypair, forgets a cluster's access_config, and refuses
what a bucket's policy refuses under any condition.
"""

from __future__ import annotations

from typing import Any


def correct() -> None:
    """Correct moto in this process. Once is enough."""
    from moto.ec2.models.launch_templates import LaunchTemplate

    made = LaunchTemplate.create_version

    def create_version(self: Any, data: dict[str, Any], description: str) -> Any:
        launched = [each for each in data.get("TagSpecifications", []) if each["ResourceType"] != "launch-template"]
        return made(self, {**data, "TagSpecifications": launched}, description)

    LaunchTemplate.create_version = create_version


if __name__ == "__main__":
    from moto.server import main

    correct()
    main()
