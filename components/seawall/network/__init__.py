"""The VPC: subnets that never move, ways out, flow logs."""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand
from seawall.network.layout import LayoutError, Tier, Zone, subnet_cidr

if TYPE_CHECKING:
    from seawall.network.component import Network, NetworkArgs

__all__ = [
    "LayoutError",
    "Network",
    "NetworkArgs",
    "Tier",
    "Zone",
    "subnet_cidr",
]

__getattr__, __dir__ = load_on_demand(__name__, {"component": ("Network", "NetworkArgs")})
