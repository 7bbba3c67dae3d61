"""The VPC: subnets that never move, ways out, flow logs."""

from seawall.network.component import Network, NetworkArgs
from seawall.network.layout import LayoutError, Tier, Zone, subnet_cidr
from seawall.regions import ZONES_BY_REGION

__all__ = [
    "ZONES_BY_REGION",
    "LayoutError",
    "Network",
    "NetworkArgs",
    "Tier",
    "Zone",
    "subnet_cidr",
]
