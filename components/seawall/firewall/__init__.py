"""The port ledger, and the security groups that follow from it."""

from seawall.firewall.component import Firewall, FirewallArgs
from seawall.firewall.flows import ANY_PORT, Flow, IpProtocol, Peer, PeerKind, Ports
from seawall.firewall.ledger import Direction, Ledger, LedgerError, OpenPort, Rule

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
