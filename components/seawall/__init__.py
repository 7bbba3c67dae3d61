"""Seawall: a hardened microservice platform on AWS, as Pulumi components."""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.eks import ClusterAddons, EksCluster
    from seawall.firewall import Firewall, Flow, IpProtocol, Ledger, Peer, Ports
    from seawall.network import Network
    from seawall.registry import Registry
    from seawall.secrets import Secrets
    from seawall.services import Services

__all__ = [
    "ClusterAddons",
    "EksCluster",
    "Firewall",
    "Flow",
    "IpProtocol",
    "Ledger",
    "Network",
    "Peer",
    "Ports",
    "Registry",
    "Secrets",
    "Services",
]

__getattr__, __dir__ = load_on_demand(
    __name__,
    {
        "eks": ("ClusterAddons", "EksCluster"),
        "firewall": ("Firewall", "Flow", "IpProtocol", "Ledger", "Peer", "Ports"),
        "network": ("Network",),
        "registry": ("Registry",),
        "secrets": ("Secrets",),
        "services": ("Services",),
    },
)
