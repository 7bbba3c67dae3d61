"""Amazon EC2 and VPC."""

from typing import Final

from seawall_sandbox.aws.ec2.vpc import Vpc
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (Vpc,)
