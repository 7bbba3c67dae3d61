"""Elastic Load Balancing, version 2: load balancers, listeners, rules, target groups."""

from typing import Final

from seawall_sandbox.aws.elbv2.attachment import TargetGroupAttachment
from seawall_sandbox.aws.elbv2.listener import Listener, ListenerRule
from seawall_sandbox.aws.elbv2.load_balancer import LoadBalancer
from seawall_sandbox.aws.elbv2.target_group import TargetGroup
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    Listener,
    ListenerRule,
    LoadBalancer,
    TargetGroup,
    TargetGroupAttachment,
)
