"""The port ledger, and the security groups that follow from it."""

from typing import TYPE_CHECKING

from seawall.firewall.flows import ANY_PORT, Flow, IpProtocol, Peer, PeerKind, Ports
from seawall.firewall.ledger import Direction, Ledger, LedgerError, OpenPort, Rule
from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.firewall.component import Firewall, FirewallArgs

__all__ = [
    "ANY_PORT",
    "Direction",
    "Firewall",
    "FirewallArgs",
    "Flow",
    "IpProtocol",
    "Ledger",
    "LedgerError",
    "OpenPort",
    "Peer",
    "PeerKind",
    "Ports",
    "Rule",
]

__getattr__, __dir__ = load_on_demand(__name__, {"component": ("Firewall", "FirewallArgs")})
