"""The port ledger's vocabulary.

Who talks to whom, on which ports, and why. Pure values.

A room declares its flows as a function of its settings, before any resource exists. ``Ledger``
gathers them; the ``Firewall`` component turns them into security-group rules, the services room
into Kubernetes NetworkPolicies, and the report into the table of open ports.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import final


class PeerKind(StrEnum):
    """What stands at one end of a flow."""

    GROUP = "group"
    """The members of one of the platform's security groups, by role.

    ``nodes``, ``control-plane``...
    """
    CIDR = "cidr"
    """A range of IPv4 addresses; ``0.0.0.0/0`` is the internet."""
    PREFIX_LIST = "prefix-list"
    """An AWS-managed prefix list by its short name: ``s3``."""
    WORKLOAD = "workload"
    """The tasks or pods of a service, by its name."""
    CLUSTER_DNS = "cluster-dns"
    """The cluster's DNS servers. Name: empty."""


class IpProtocol(StrEnum):
    """Protocols, by the names of the EC2 API (``-1`` there is ALL)."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ESP = "50"
    ALL = "-1"


@final
@dataclass(frozen=True, slots=True, order=True)
class Peer:
    """One end of a flow."""

    kind: PeerKind
    name: str

    @staticmethod
    def group(role: str) -> "Peer":
        """The members of the security group of that role."""
        return Peer(PeerKind.GROUP, role)

    @staticmethod
    def cidr(block: "IPv4Network | str") -> "Peer":
        """A range of addresses. Raises ``ValueError`` if host bits are set."""
        return Peer(PeerKind.CIDR, str(IPv4Network(block)))

    @staticmethod
    def internet() -> "Peer":
        """Everybody."""
        return Peer(PeerKind.CIDR, "0.0.0.0/0")

    @staticmethod
    def prefix_list(service: str) -> "Peer":
        """An AWS service's own addresses in the region, such as ``s3``."""
        return Peer(PeerKind.PREFIX_LIST, service)

    @staticmethod
    def workload(service: str) -> "Peer":
        """The tasks or pods of a service."""
        return Peer(PeerKind.WORKLOAD, service)

    @staticmethod
    def cluster_dns() -> "Peer":
        """The cluster's DNS servers."""
        return Peer(PeerKind.CLUSTER_DNS, "")

    def __str__(self) -> str:
        return self.name or self.kind.value


@final
@dataclass(frozen=True, slots=True, order=True)
class Ports:
    """A range of ports, both ends included. For protocols without ports use ``ANY_PORT``."""

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse what is not a range of ports."""
        if (self.first, self.last) != (-1, -1) and not 0 <= self.first <= self.last <= 65535:
            message = (
                f"{self.first}-{self.last} is not a range of ports: 0 <= first <= last <= 65535."
            )
            raise ValueError(message)

    @staticmethod
    def one(port: int) -> "Ports":
        """A single port."""
        return Ports(port, port)

    def __str__(self) -> str:
        if self == ANY_PORT:
            return "all"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ANY_PORT = Ports(-1, -1)


@final
@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """Traffic that something needs.

    ``source`` opens the connection.

    ``reason`` says what the flow is for, in at most 255 characters that the EC2 API takes in a
    rule's description: letters, digits, spaces and ``._-:/()#,@[]+=&;{}!$*``
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html).
    """

    source: Peer
    target: Peer
    protocol: IpProtocol
    ports: Ports
    reason: str
