"""Ports of the nodes at which the load balancer reaches services. Pure.

A service that a route or a published port leads to is reached at a port of its node (``mode:
host``), which must stay the same for as long as the service is there. It is a hash of the service's
name and the container's port, so it depends on nothing else: not on other services, their order, or
what was deployed before. Two that meet in one number are refused rather than moved (ADR 19).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from seawall.errors import Problem
from seawall.services.model import Application, Port, Service

FIRST_PORT: Final = 20_000
LAST_PORT: Final = 29_999
"""Below what Linux takes for outgoing connections (32768 on) and what Swarm takes for itself (30000
to 32767)."""

RESERVED: Final = {
    22: "SSH",
    2375: "the engine's API",
    2376: "the engine's API",
    2377: "Swarm's management",
    3375: "Swarm's API",
    3376: "Swarm's API",
    4789: "overlay networks",
    7946: "gossip of the nodes",
}
"""Ports of a node that no service takes, and whose they are."""

_EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # a Compose file's words


@final
@dataclass(frozen=True, slots=True, order=True)
class NodePort:
    """A port of every node that leads to one port of a service's container."""

    service: str
    target: int
    """The container's port."""
    protocol: str
    number: int
    """The node's port."""
    published: int | None = None
    """The port at which the outside dials it; None: only routes lead there."""


def preferred_port(service: str, target: int) -> int:
    """The port that a service's container port has on nodes."""
    mark = hashlib.sha256(f"{service}:{target}".encode()).digest()
    return FIRST_PORT + int.from_bytes(mark[:8], "big") % (LAST_PORT - FIRST_PORT + 1)


def is_published(port: Port) -> bool:
    """Whether the outside reaches a port.

    A node publishes on all its addresses, so a port for one address alone is not published.
    """
    return port.published is not None and port.host_ip in _EVERYWHERE


def node_ports(application: Application, *, laptop: bool = False) -> tuple[NodePort, ...]:
    """Every port that services have on nodes, sorted.

    A port that is published with ``mode: host`` keeps its number. On a laptop all published ports
    do, and routes have none, since there is no load balancer.
    """
    found = (
        port
        for service in application.services
        for port in (_published(service) if laptop else _all(service))
    )
    return tuple(sorted(set(found), key=_key))


def ports_of(ports: tuple[NodePort, ...], service: Service) -> tuple[NodePort, ...]:
    """Those of one service."""
    return tuple(port for port in ports if port.service == service.name)


def check_ports(application: Application, *, laptop: bool = False) -> Iterator[Problem]:
    """Ports that cannot be had, and two services at one."""
    taken: dict[tuple[int, str], NodePort] = {}
    for service in application.services:
        path = f"services.{service.name}"
        declared = {(port.target, port.protocol) for port in service.ports}
        for target, protocol in service.node_ports.keys() - declared:
            yield Problem(
                "",
                f"{path}.x-seawall.nodePorts",
                f"the service has no port {target}/{protocol}.",
                "Name a port of 'ports' or 'expose'.",
            )
        for port in service.ports:
            if port.protocol == "sctp" and port.published is not None:
                yield Problem(
                    "",
                    f"{path}.ports",
                    f"port {port.target} uses sctp, which no load balancer takes.",
                    "Use tcp or udp.",
                )
    for port in node_ports(application, laptop=laptop):
        path = f"services.{port.service}"
        if port.number in RESERVED:
            yield Problem(
                "",
                f"{path}.ports",
                f"port {port.number} of the nodes is for {RESERVED[port.number]}.",
                "Take another one.",
            )
        other = taken.setdefault((port.number, port.protocol), port)
        if (other.service, other.target) != (port.service, port.target):
            yield Problem(
                "",
                path,
                f"port {port.target} takes port {port.number} of the nodes, which is that of port "
                f"{other.target} of {other.service} too.",
                f"Give the newer one another: x-seawall: {{nodePorts: {{'{port.target}': N}}}}, "
                f"with N from {FIRST_PORT} to {LAST_PORT}.",
            )


def _all(service: Service) -> Iterator[NodePort]:
    outside: set[tuple[int, str]] = set()
    for port in service.ports:
        if not is_published(port):
            continue
        outside.add((port.target, port.protocol))
        number = _number(service, port.target, port.protocol)
        if port.host_mode and port.published is not None:
            number = port.published
        yield NodePort(service.name, port.target, port.protocol, number, port.published)
    for target in sorted({route.port for route in service.routes}):
        if (target, "tcp") not in outside:
            yield NodePort(service.name, target, "tcp", _number(service, target, "tcp"))


def _published(service: Service) -> Iterator[NodePort]:
    for port in service.ports:
        if is_published(port) and port.published is not None:
            yield NodePort(service.name, port.target, port.protocol, port.published, port.published)


def _number(service: Service, target: int, protocol: str) -> int:
    given = service.node_ports.get((target, protocol))
    return given if given is not None else preferred_port(service.name, target)


def _key(port: NodePort) -> tuple[str, int, str, int, int]:
    return (port.service, port.target, port.protocol, port.number, port.published or 0)
