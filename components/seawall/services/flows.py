"""The application's flows: who talks to whom.

Read from routes, network membership and declared ports. Nothing else is open.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Final

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports
from seawall.services.model import Application, Service

LOAD_BALANCER: Final = "load-balancer"
"""Role of the load balancer's security group."""

_PROTOCOLS: Final = {"tcp": IpProtocol.TCP, "udp": IpProtocol.UDP}
_ANYWHERE: Final = IPv4Network("0.0.0.0/0")


HTTPS_EGRESS: Final = (_ANYWHERE, 443, "HTTPS to the internet")
"""The way out of services on networks that are not internal: range, TCP port, reason."""


def application_flows(
    application: Application,
    *,
    allowed_cidrs: Sequence[IPv4Network] = (_ANYWHERE,),
    https: bool = True,
    egress: Sequence[tuple[IPv4Network, int, str]] = (),
) -> tuple[Flow, ...]:
    """All flows of an application, sorted.

    ``allowed_cidrs`` may reach the public entry: 443, and 80 to be redirected; 80 alone without
    ``https``. Services on a network that is not internal reach the internet on 443, and what
    ``egress`` names besides: range, TCP port, reason.
    """
    return tuple(
        sorted(
            {
                *_entry(application, allowed_cidrs, https=https),
                *_routes(application),
                *_peers(application),
                *_outwards(application, (HTTPS_EGRESS, *egress)),
            }
        )
    )


def reaches_out(application: Application, service: Service) -> bool:
    """Whether a service is on a network that leads out of the platform."""
    internal = {network.name for network in application.networks if network.internal}
    return any(membership.network not in internal for membership in service.networks)


def _entry(
    application: Application, allowed_cidrs: Sequence[IPv4Network], *, https: bool
) -> Iterator[Flow]:
    if not any(service.routes for service in application.services):
        return
    target = Peer.group(LOAD_BALANCER)
    for cidr in allowed_cidrs:
        source = Peer.cidr(cidr)
        if https:
            yield Flow(source, target, IpProtocol.TCP, Ports.one(443), "public entry, HTTPS")
            reason = "public entry, HTTP redirected to HTTPS"
        else:
            reason = "public entry, plain HTTP as the settings allow"
        yield Flow(source, target, IpProtocol.TCP, Ports.one(80), reason)


def _routes(application: Application) -> Iterator[Flow]:
    for service in application.services:
        for port in sorted({route.port for route in service.routes}):
            paths = sorted(
                f"{route.host}{route.path}" for route in service.routes if route.port == port
            )
            yield Flow(
                Peer.group(LOAD_BALANCER),
                Peer.workload(service.name),
                IpProtocol.TCP,
                Ports.one(port),
                reason_text(f"requests and health checks for {', '.join(paths)}"),
            )


def _peers(application: Application) -> Iterator[Flow]:
    for service in application.services:
        mine = {membership.network for membership in service.networks}
        for peer in application.peers(service):
            shared = sorted(mine & {membership.network for membership in peer.networks})
            for port in peer.ports:
                yield Flow(
                    Peer.workload(service.name),
                    Peer.workload(peer.name),
                    _PROTOCOLS[port.protocol],
                    Ports.one(port.target),
                    reason_text(
                        f"{service.name} and {peer.name} share network {', '.join(shared)}"
                    ),
                )


def _outwards(
    application: Application, ways: Sequence[tuple[IPv4Network, int, str]]
) -> Iterator[Flow]:
    for service in application.services:
        if not reaches_out(application, service):
            continue
        for cidr, port, reason in ways:
            yield Flow(
                Peer.workload(service.name),
                Peer.cidr(cidr),
                IpProtocol.TCP,
                Ports.one(port),
                reason_text(reason),
            )


def reason_text(text: str) -> str:
    """Text as a rule's description takes it: at most 255 characters, no others than EC2 allows."""
    allowed = "._-:/()#,@[]+=&;{}!$* "
    clean = "".join(
        char if (char.isascii() and char.isalnum()) or char in allowed else "_" for char in text
    )
    return clean if len(clean) <= 255 else clean[:252] + "..."
