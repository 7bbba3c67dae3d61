"""Amazon EC2 and VPC."""

from typing import Final

from seawall_sandbox.aws.ec2.gateways import Eip, InternetGateway, NatGateway
from seawall_sandbox.aws.ec2.routes import Route, RouteTable, RouteTableAssociation
from seawall_sandbox.aws.ec2.rules import SecurityGroupEgressRule, SecurityGroupIngressRule
from seawall_sandbox.aws.ec2.security_group import DefaultSecurityGroup, SecurityGroup
from seawall_sandbox.aws.ec2.subnet import Subnet
from seawall_sandbox.aws.ec2.vpc import Vpc
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    DefaultSecurityGroup,
    Eip,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
    Subnet,
    Vpc,
)
