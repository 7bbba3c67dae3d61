"""What a report says, from the resources of a plan or a state. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from seawall.firewall.ledger import Ledger
from seawall.report.connections import Connection, closed_by_default, connections
from seawall.report.ports import OpenPort, open_ports
from seawall.report.resource import Resource


@final
@dataclass(frozen=True, slots=True)
class Report:
    """What exists or will exist, which ports are open and why, and what is not emulated."""

    stack: str
    resources: Mapping[str, tuple[Resource, ...]]
    """Resources by the component at the top, in the order of creation."""
    ports: tuple[OpenPort, ...]
    """What the security groups let through."""
    connections: tuple[Connection, ...]
    """What the cluster's network policies let through."""
    closed_by_default: bool
    """Whether the network policies deny all other connections."""
    recorded_only: tuple[str, ...]
    """URNs that the sandbox keeps without emulating them."""
    notes: tuple[tuple[str, str, str], ...] = ()
    """Keys of the Compose file that do not carry over as they are: path, fate, why."""


def make_report(
    stack: str,
    resources: Sequence[Resource],
    *,
    ledger: Ledger | None = None,
    balancer: Collection[str] = (),
    recorded_only: Iterable[str] = (),
    notes: Iterable[tuple[str, str, str]] = (),
) -> Report:
    """Fold the resources into a report.

    ``ledger``: the port ledger that the plan is held against; None if the stack has none.
    ``balancer``: the ranges of addresses in which the load balancer stands.
    """
    return Report(
        stack=stack,
        resources=_by_component(resources),
        ports=open_ports(resources, ledger.rules() if ledger else None),
        closed_by_default=closed_by_default(resources),
        connections=connections(resources, ledger.open_ports() if ledger else None, balancer),
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
