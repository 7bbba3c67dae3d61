"""Amazon EC2 and VPC."""

from typing import Final

from seawall_sandbox.aws.ec2.gateways import Eip, InternetGateway, NatGateway
from seawall_sandbox.aws.ec2.routes import Route, RouteTable, RouteTableAssociation
from seawall_sandbox.aws.ec2.subnet import Subnet
from seawall_sandbox.aws.ec2.vpc import Vpc
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    Eip,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    Vpc,
)
