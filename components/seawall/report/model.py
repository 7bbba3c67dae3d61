"""What a report says, from the resources of a plan or a state. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

INGRESS_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"


@final
@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a plan or a state. Secrets are not in it, or masked."""

    urn: str
    type: str
    parent: str
    inputs: Mapping[str, Any]
    custom: bool = True

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.urn.rsplit("::", 1)[-1]


@final
@dataclass(frozen=True, slots=True, order=True)
class OpenPort:
    """Traffic that a security group lets in or out."""

    group: str
    """Role of the security group."""
    direction: str
    """``ingress`` or ``egress``."""
    protocol: str
    ports: str
    peer: str
    """The other end: the role of a security group, a CIDR or a prefix list."""
    reason: str


@final
@dataclass(frozen=True, slots=True)
class Report:
    """What exists or will exist, which ports are open and why, and what is not emulated."""

    stack: str
    resources: Mapping[str, tuple[Resource, ...]]
    """Resources by the component at the top, in the order of creation."""
    ports: tuple[OpenPort, ...]
    recorded_only: tuple[str, ...]
    """URNs that the sandbox keeps without emulating them."""
    notes: tuple[tuple[str, str, str], ...] = ()
    """Keys of the Compose file that do not carry over as they are: path, fate, why."""


def make_report(
    stack: str,
    resources: Sequence[Resource],
    *,
    recorded_only: Iterable[str] = (),
    notes: Iterable[tuple[str, str, str]] = (),
) -> Report:
    """Fold the resources into a report."""
    return Report(
        stack=stack,
        resources=_by_component(resources),
        ports=tuple(sorted(_open_ports(resources))),
        recorded_only=tuple(sorted(recorded_only)),
        notes=tuple(sorted(notes)),
    )


def _by_component(resources: Sequence[Resource]) -> dict[str, tuple[Resource, ...]]:
    by_urn = {resource.urn: resource for resource in resources}
    folded: dict[str, list[Resource]] = {}
    for resource in resources:
        if not resource.custom or resource.type.startswith("pulumi:"):
            continue
        top = resource
        while (parent := by_urn.get(top.parent)) and not parent.type.startswith("pulumi:"):
            top = parent
        title = f"{top.type.rsplit(':', 1)[-1]} {top.name}" if top is not resource else "Stack"
        folded.setdefault(title, []).append(resource)
    return {title: tuple(items) for title, items in folded.items()}


def _open_ports(resources: Sequence[Resource]) -> Iterable[OpenPort]:
    roles = _roles(resources)
    for resource in resources:
        if resource.type not in (INGRESS_RULE, EGRESS_RULE):
            continue
        inputs = resource.inputs
        yield OpenPort(
            group=_group_of(resource, resources, roles),
            direction="ingress" if resource.type == INGRESS_RULE else "egress",
            protocol="all" if inputs["ipProtocol"] == "-1" else str(inputs["ipProtocol"]),
            ports=_ports(inputs),
            peer=_peer(resource),
            reason=str(inputs.get("description", "")),
        )


def _roles(resources: Sequence[Resource]) -> tuple[str, ...]:
    """Roles of the security groups: their names without the component's, longest first."""
    by_urn = {resource.urn: resource for resource in resources}
    names = (
        resource.name.removeprefix(f"{by_urn[resource.parent].name}-")
        for resource in resources
        if resource.type == SECURITY_GROUP and resource.parent in by_urn
    )
    return tuple(sorted(names, key=len, reverse=True))


def _group_of(rule: Resource, resources: Sequence[Resource], roles: tuple[str, ...]) -> str:
    by_urn = {resource.urn: resource for resource in resources}
    parent = by_urn.get(rule.parent)
    name = rule.name.removeprefix(f"{parent.name}-") if parent else rule.name
    return next((role for role in roles if name.startswith(f"{role}-")), name)


def _ports(inputs: Mapping[str, Any]) -> str:
    first, last = inputs.get("fromPort"), inputs.get("toPort")
    if first is None or int(first) < 0:
        return "all"
    return str(int(first)) if first == last else f"{int(first)}-{int(last or first)}"


def _peer(rule: Resource) -> str:
    inputs = rule.inputs
    if "cidrIpv4" in inputs:
        return str(inputs["cidrIpv4"])
    tags: Mapping[str, str] = inputs.get("tags") or {}
    return tags.get("seawall:peer", rule.name)
