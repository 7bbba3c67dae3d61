"""The VPC: subnets that never move, ways out, flow logs."""

from seawall.network.component import Network, NetworkArgs
from seawall.network.layout import LayoutError, Tier, Zone, subnet_cidr

__all__ = [
    "LayoutError",
    "Network",
    "NetworkArgs",
    "Tier",
    "Zone",
    "subnet_cidr",
]
