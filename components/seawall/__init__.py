"""Seawall: a hardened microservice platform on AWS, as Pulumi components.

The components are loaded when they are first named: the AWS and Kubernetes SDKs take a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_ROOMS = {
    "eks": ("ClusterAddons", "EksCluster"),
    "firewall": ("Firewall", "Flow", "IpProtocol", "Ledger", "Peer", "Ports"),
    "network": ("Network",),
    "registry": ("Registry",),
    "secrets": ("Secrets",),
    "services": ("Services",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a component's room when the component is first named."""
    if name not in _ROOM_OF:
        message = f"module 'seawall' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"seawall.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
