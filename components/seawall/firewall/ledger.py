"""The port ledger: every flow of the platform, checked, and the rules that follow from it. Pure.

The one place where ports are opened. Security-group rules, NetworkPolicies and the table of open
ports all come from here, so none of them can say something that the others do not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final, final

from seawall.errors import SeawallError
from seawall.firewall.flows import ANY_PORT, Flow, IpProtocol, Peer, PeerKind, Ports
from seawall.firewall.reasons import LONGEST_REASON, joined

LOAD_BALANCER: Final = "load-balancer"
"""Role of the only security group that the internet may reach."""

RULES_PER_GROUP: Final = 60
"""Rules that AWS allows in one security group and direction, unless raised.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
"""

PREFIX_LIST_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {"cloudfront": 55, "dynamodb": 1, "s3": 1, "vpc-lattice": 10}
)
"""How many rules a rule that names an AWS-managed prefix list counts for.

https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
"""

_FORBIDDEN: Final[Mapping[int, str]] = MappingProxyType(
    {
        22: "SSH; nodes are reached through Systems Manager",
        2375: "the Docker Engine API without encryption",
        2376: "the Docker Engine API",
        3375: "the Swarm API without encryption",
        3376: "the Swarm API",
    }
)
"""TCP ports that give whoever reaches them a whole machine."""

_INTERNET_PREFIX: Final = 8
"""A range wider than this counts as the internet: no organisation owns more than a /8."""

_REASON: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+")
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""

_WITH_PORTS: Final = (IpProtocol.TCP, IpProtocol.UDP)
_OUTSIDE: Final = (PeerKind.CIDR, PeerKind.PREFIX_LIST)
_IN_CLUSTER: Final = (PeerKind.WORKLOAD, PeerKind.CLUSTER_DNS)


class Direction(StrEnum):
    """Which way a rule lets connections through, seen from its group."""

    INGRESS = "ingress"
    EGRESS = "egress"


@final
class LedgerError(SeawallError, ValueError):
    """Flows that the platform does not open. One line per flow."""


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """One security-group rule."""

    group: str
    """Role of the group that holds the rule."""
    direction: Direction
    peer: Peer
    """The other end: a group, a range of addresses or a prefix list."""
    protocol: IpProtocol
    ports: Ports
    description: str
    """What it is for; at most 255 characters."""

    @property
    def key(self) -> str:
        """What names the rule in a stack: the same for as long as the rule means the same."""
        peer = str(self.peer).replace("/", "_")
        if self.peer.kind is PeerKind.PREFIX_LIST:
            peer = f"prefix-list-{peer}"
        protocol = "all" if self.protocol is IpProtocol.ALL else self.protocol.value
        return f"{self.group}-{self.direction}-{peer}-{protocol}-{self.ports}"


@final
@dataclass(frozen=True, slots=True, order=True)
class OpenPort:
    """One row of the table of open ports."""

    source: Peer
    target: Peer
    protocol: IpProtocol
    ports: Ports
    reasons: tuple[str, ...]
    """Why, in full: every reason that was given, sorted."""


@final
class Ledger:
    """All flows of a platform. Same flows, same ledger, in whatever order they come.

    Raises ``LedgerError`` with everything that is wrong with them: no or bad reason, ports that do
    not fit the protocol, SSH or a container engine's API into the platform, the internet anywhere
    but to the load balancer, both ends outside the platform, or an unknown prefix list.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        problems: list[str] = []
        reasons: defaultdict[tuple[Peer, Peer, IpProtocol, Ports], set[str]] = defaultdict(set)
        for flow in flows:
            problems.extend(f"{_label(flow)}: {problem}" for problem in _problems(flow))
            reasons[flow.source, flow.target, flow.protocol, flow.ports].add(flow.reason)
        if problems:
            raise LedgerError("\n".join(sorted(set(problems))))
        self._open = tuple(
            sorted(OpenPort(*key, tuple(sorted(why))) for key, why in reasons.items())
        )

    def open_ports(self) -> tuple[OpenPort, ...]:
        """Every connection that the platform lets through, sorted, with all reasons."""
        return self._open

    def rules(self, workloads_in: str = "nodes") -> tuple[Rule, ...]:
        """The security-group rules, sorted: one at each end that a group guards.

        ``workloads_in`` is the role of the group whose machines run the workloads and the
        cluster's DNS. Raises ``LedgerError`` if a group needs more rules than AWS allows.
        """
        reasons: defaultdict[tuple[str, Direction, Peer, IpProtocol, Ports], set[str]] = (
            defaultdict(set)
        )
        for row in self._open:
            source, target = (_on_machine(peer, workloads_in) for peer in (row.source, row.target))
            if source.kind is PeerKind.GROUP:
                key = (source.name, Direction.EGRESS, target, row.protocol, row.ports)
                reasons[key].update(row.reasons)
            if target.kind is PeerKind.GROUP:
                key = (target.name, Direction.INGRESS, source, row.protocol, row.ports)
                reasons[key].update(row.reasons)
        rules = tuple(
            Rule(*key, joined(sorted(why), LONGEST_REASON)) for key, why in sorted(reasons.items())
        )
        _check_quota(rules)
        return rules

    def groups(self, workloads_in: str = "nodes") -> tuple[str, ...]:
        """Roles of the security groups that the rules need, sorted."""
        rules = self.rules(workloads_in)
        peers = {rule.peer.name for rule in rules if rule.peer.kind is PeerKind.GROUP}
        return tuple(sorted({rule.group for rule in rules} | peers))

    def prefix_lists(self) -> tuple[str, ...]:
        """Short names of the prefix lists that the rules name, sorted."""
        ends = (peer for row in self._open for peer in (row.source, row.target))
        return tuple(sorted({peer.name for peer in ends if peer.kind is PeerKind.PREFIX_LIST}))


def _label(flow: Flow) -> str:
    return f"flow from {flow.source} to {flow.target}, {flow.protocol.name} {flow.ports}"


def _on_machine(peer: Peer, workloads_in: str) -> Peer:
    return Peer.group(workloads_in) if peer.kind in _IN_CLUSTER else peer


def _problems(flow: Flow) -> Iterator[str]:
    yield from _reason_problems(flow.reason)
    if flow.protocol in _WITH_PORTS and flow.ports == ANY_PORT:
        yield f"{flow.protocol.name} needs ports. Name the ports, or 0-65535 for all."
    if flow.protocol not in _WITH_PORTS and flow.ports != ANY_PORT:
        yield f"{flow.protocol.name} has no ports. Leave them out (ANY_PORT)."
    for peer in (flow.source, flow.target):
        if peer.kind is PeerKind.PREFIX_LIST and peer.name not in PREFIX_LIST_WEIGHTS:
            known = ", ".join(PREFIX_LIST_WEIGHTS)
            yield f"prefix list '{peer.name}' is not known here. Known are: {known}."
    if flow.target.kind in _OUTSIDE:
        if flow.source.kind in _OUTSIDE:
            yield "both ends are outside the platform, so no rule can open it. Remove the flow."
        return
    yield from _exposure_problems(flow)


def _reason_problems(reason: str) -> Iterator[str]:
    if not reason.strip():
        yield "it has no reason. Say what it is for: the reason becomes the rule's description."
    elif not _REASON.fullmatch(reason):
        bad = "".join(sorted({letter for letter in reason if not _REASON.fullmatch(letter)}))
        yield (
            f"AWS does not take {bad!r} in a rule's description. Use letters, digits, spaces and "
            "._-:/()#,@[]+=&;{}!$* in the reason."
        )
    if len(reason) > LONGEST_REASON:
        yield (
            f"the reason has {len(reason)} characters, but a rule's description takes "
            f"{LONGEST_REASON}. Shorten it."
        )


def _exposure_problems(flow: Flow) -> Iterator[str]:
    """What may not be let into the platform."""
    if flow.protocol is IpProtocol.ALL:
        yield "it opens every port of every protocol. Name the protocol and the ports."
    if flow.protocol is IpProtocol.TCP:
        for port, what in _FORBIDDEN.items():
            if flow.ports.first <= port <= flow.ports.last:
                yield (
                    f"port {port} is never opened ({what}). Let the service listen on another "
                    "port, or leave this one out of the range."
                )
    if (
        flow.source.kind is PeerKind.CIDR
        and IPv4Network(flow.source.name).prefixlen < _INTERNET_PREFIX
        and flow.target != Peer.group(LOAD_BALANCER)
    ):
        yield (
            f"the internet reaches the platform through the group '{LOAD_BALANCER}' only. Publish "
            "the service through the load balancer, or name a narrower range of addresses."
        )


def _check_quota(rules: Iterable[Rule]) -> None:
    counts: defaultdict[tuple[str, Direction], int] = defaultdict(int)
    for rule in rules:
        weight = 1
        if rule.peer.kind is PeerKind.PREFIX_LIST:
            weight = PREFIX_LIST_WEIGHTS[rule.peer.name]
        counts[rule.group, rule.direction] += weight
    problems = [
        f"security group '{group}' needs {count} {direction} rules, but AWS allows "
        f"{RULES_PER_GROUP}. Let services share a port, or allow fewer ranges of addresses."
        for (group, direction), count in sorted(counts.items())
        if count > RULES_PER_GROUP
    ]
    if problems:
        raise LedgerError("\n".join(problems))
