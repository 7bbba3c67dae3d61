"""Amazon EC2 and VPC."""

from typing import Final

from seawall_sandbox.aws.autoscaling.launch_configuration import LaunchConfiguration
from seawall_sandbox.aws.ec2 import images, lookups
from seawall_sandbox.aws.ec2.association import MainRouteTableAssociation, RouteTableAssociation
from seawall_sandbox.aws.ec2.endpoint import VpcEndpoint
from seawall_sandbox.aws.ec2.flow_log import FlowLog
from seawall_sandbox.aws.ec2.gateways import Eip, InternetGateway, NatGateway
from seawall_sandbox.aws.ec2.group_rule import ClassicSecurityGroupRule
from seawall_sandbox.aws.ec2.instance import Instance
from seawall_sandbox.aws.ec2.key_pair import KeyPair
from seawall_sandbox.aws.ec2.launch_template import LaunchTemplate
from seawall_sandbox.aws.ec2.network_interface import NetworkInterface
from seawall_sandbox.aws.ec2.routes import Route, RouteTable
from seawall_sandbox.aws.ec2.rules import SecurityGroupEgressRule, SecurityGroupIngressRule
from seawall_sandbox.aws.ec2.security_group import DefaultSecurityGroup, SecurityGroup
from seawall_sandbox.aws.ec2.subnet import Subnet
from seawall_sandbox.aws.ec2.vpc import Vpc
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.aws.resource import ResourceType

__all__ = ["FUNCTIONS", "RESOURCES"]

FUNCTIONS: Final[dict[str, Function]] = {**images.FUNCTIONS, **lookups.FUNCTIONS}
RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    ClassicSecurityGroupRule,
    DefaultSecurityGroup,
    Eip,
    FlowLog,
    Instance,
    InternetGateway,
    KeyPair,
    LaunchConfiguration,
    LaunchTemplate,
    MainRouteTableAssociation,
    NatGateway,
    NetworkInterface,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
    Subnet,
    Vpc,
    VpcEndpoint,
)
