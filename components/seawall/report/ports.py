"""Open ports: the security-group rules of a plan, held against the port ledger. Pure.

What is listed is what the plan has. A rule's other end is another group's id, which no preview
knows; that, and the reason in full, comes from the ledger's rule of the same name, after all that
the plan does know of the rule was found to agree with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, final

from seawall.firewall.flows import PeerKind
from seawall.firewall.ledger import Rule
from seawall.report.resource import Resource

NOT_IN_LEDGER: Final = "not in the port ledger"
NOT_IN_PLAN: Final = "in the port ledger, but not in the plan"
DIFFERS: Final = "differs from the port ledger"

_OF_ITS_OWN: Final = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "ingress",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "egress",
}
_OLD_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
_GROUPS: Final = (
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
)
_ANOTHER_GROUP: Final = "a security group"
_NUMBERED: Final = {"-1": "all"}


@final
@dataclass(frozen=True, slots=True)
class OpenPort:
    """Traffic that a security group lets in or out."""

    group: str
    """Role of the security group."""
    direction: str
    """``ingress`` or ``egress``."""
    protocol: str
    ports: str
    peer: str
    """The other end: the role of a security group, a range of addresses or a prefix list."""
    reason: str
    note: str = ""
    """How it differs from the ledger; empty if it agrees."""

    @property
    def order(self) -> tuple[object, ...]:
        """Groups together, then by number of the port."""
        first = self.ports.partition("-")[0]
        number = int(first) if first.isdigit() else -1
        return self.group, self.direction, number, self.protocol, self.peer, self.reason


def open_ports(resources: Sequence[Resource], rules: Sequence[Rule] | None) -> tuple[OpenPort, ...]:
    """The open ports of a plan, sorted; ``rules`` are the ledger's, None if there is no ledger."""
    names = {resource.urn: resource.name for resource in resources}
    known = {rule.key: rule for rule in rules or ()}
    found: list[OpenPort] = []
    for resource in resources:
        if resource.type in _OF_ITS_OWN:
            key = resource.name.removeprefix(f"{names.get(resource.parent, '')}-")
            port = _planned(resource, key)
            found.append(port if rules is None else _checked(port, resource, known.pop(key, None)))
        else:
            strangers = _inline(resource)
            note = "" if rules is None else NOT_IN_LEDGER
            found.extend(replace(each, note=note) for each in strangers)
    found.extend(replace(_from_ledger(rule), note=NOT_IN_PLAN) for rule in known.values())
    return tuple(sorted(found, key=lambda each: each.order))


def _planned(resource: Resource, key: str) -> OpenPort:
    direction = _OF_ITS_OWN[resource.type]
    inputs = resource.inputs
    group, sign, _ = key.partition(f"-{direction}-")
    return OpenPort(
        group=group if sign else key,
        direction=direction,
        protocol=_protocol(inputs.get("ipProtocol")),
        ports=_ports(inputs.get("fromPort"), inputs.get("toPort")),
        peer=str(
            inputs.get("cidrIpv4")
            or inputs.get("cidrIpv6")
            or inputs.get("prefixListId")
            or _ANOTHER_GROUP
        ),
        reason=str(inputs.get("description", "")),
    )


def _checked(port: OpenPort, resource: Resource, rule: Rule | None) -> OpenPort:
    if rule is None:
        return replace(port, note=NOT_IN_LEDGER)
    expected = _from_ledger(rule)
    kind = {
        "referencedSecurityGroupId": PeerKind.GROUP,
        "prefixListId": PeerKind.PREFIX_LIST,
        "cidrIpv4": PeerKind.CIDR,
    }
    kinds = [kind for key, kind in kind.items() if resource.inputs.get(key) is not None]
    peer = port.peer if kinds == [PeerKind.CIDR] else expected.peer
    agrees = kinds == [rule.peer.kind] and replace(port, peer=peer) == expected
    return expected if agrees else replace(port, note=DIFFERS)


def _from_ledger(rule: Rule) -> OpenPort:
    prefix = "prefix list " if rule.peer.kind is PeerKind.PREFIX_LIST else ""
    return OpenPort(
        group=rule.group,
        direction=rule.direction.value,
        protocol=_protocol(rule.protocol.value),
        ports=str(rule.ports),
        peer=f"{prefix}{rule.peer}",
        reason=rule.description,
    )


def _inline(resource: Resource) -> Iterator[OpenPort]:
    """Rules in other forms than the ledger's: within a group, or of the older type."""
    inputs = resource.inputs
    if resource.type == _OLD_RULE:
        yield from _classic(resource.name, str(inputs.get("type")), inputs)
    elif resource.type in _GROUPS:
        for direction in ("ingress", "egress"):
            rules: Any = inputs.get(direction) or []
            if not isinstance(rules, list):
                # Not known before it is done: said rather than left out.
                unknown = {"cidrBlocks": [str(rules)]}
                yield from _classic(resource.name, direction, unknown)
                continue
            for rule in rules:  # pyright: ignore[reportUnknownVariableType]
                yield from _classic(resource.name, direction, rule)  # pyright: ignore[reportUnknownArgumentType]


def _classic(group: str, direction: str, rule: Mapping[str, Any]) -> Iterator[OpenPort]:
    groups = [*(rule.get("securityGroups") or ()), rule.get("sourceSecurityGroupId")]
    peers = [
        *(rule.get("cidrBlocks") or ()),
        *(rule.get("ipv6CidrBlocks") or ()),
        *(rule.get("prefixListIds") or ()),
        *(_ANOTHER_GROUP for each in groups if each),
        *([group] if rule.get("self") else []),
    ]
    for peer in peers:
        yield OpenPort(
            group=group,
            direction=direction,
            protocol=_protocol(rule.get("protocol", "-1")),
            ports=_ports(rule.get("fromPort"), rule.get("toPort")),
            peer=str(peer),
            reason=str(rule.get("description") or ""),
        )


def _protocol(protocol: object) -> str:
    return _NUMBERED.get(str(protocol), str(protocol))


def _ports(first: Any, last: Any) -> str:
    if first is None or str(first) == "-1":
        return "all"
    if not isinstance(first, int | float):
        return str(first)
    ends = int(first), int(first if last is None else last)
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]}-{ends[1]}"


def to_internet(ports: Iterable[OpenPort]) -> tuple[OpenPort, ...]:
    """Those that let the whole internet in."""
    everybody = ("0.0.0.0/0", "::/0")
    return tuple(port for port in ports if port.direction == "ingress" and port.peer in everybody)
