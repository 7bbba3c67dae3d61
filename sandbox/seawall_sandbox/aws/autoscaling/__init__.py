"""Amazon EC2 Auto Scaling."""

from typing import Final

from seawall_sandbox.aws.autoscaling.group import Group
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (Group,)
