"""Services: users, mounts, placement, ports, routes."""

from collections.abc import Iterator
from typing import Final

from seawall.errors import Problem
from seawall.services.checks import check_container, check_platform, check_routes
from seawall.services.kubernetes.names import is_qualified_name
from seawall.services.kubernetes.scheduling import constraint, topology_key
from seawall.services.kubernetes.workloads import is_job
from seawall.services.model import Application, Condition, Mode, Service

_PROTOCOLS: Final = frozenset({"tcp", "udp"})


def check_running(application: Application, service: Service) -> Iterator[Problem]:
    """As whom a service runs, what it mounts, whom it waits for."""
    yield from check_container(service)
    path = f"services.{service.name}"
    for name, condition in service.depends_on.items():
        waited = next((each for each in application.services if each.name == name), None)
        if condition is Condition.COMPLETED and waited and waited.mode is Mode.GLOBAL:
            yield Problem(
                "",
                f"{path}.depends_on.{name}",
                f"it waits for {name} to complete, but {name} runs on every node for good.",
                f"Give {name} mode: replicated-job.",
            )


def check_placement(service: Service) -> Iterator[Problem]:
    """Placement that Kubernetes cannot express."""
    path = f"services.{service.name}.deploy.placement"
    yield from check_platform(service)
    for text in service.placement.constraints:
        if constraint(text) is None:
            yield Problem(
                "",
                f"{path}.constraints",
                f"'{text}' has no equivalent in Kubernetes: nodes have no role.",
                "Use node.labels.<label>, node.hostname or node.platform, with == or !=.",
            )
    for key in service.placement.spread:
        if topology_key(key) is None:
            yield Problem(
                "",
                f"{path}.preferences",
                f"'{key}' is not a label of nodes.",
                "Use node.labels.topology.kubernetes.io/zone, or another label.",
            )
    most = service.placement.max_replicas_per_node
    if most is not None and most > 1:
        yield Problem(
            "",
            f"{path}.max_replicas_per_node",
            f"at most {most} tasks on a node cannot be said in Kubernetes, only 1.",
            "Set it to 1 or remove it; tasks are spread over the nodes anyway.",
        )


def check_network(application: Application, service: Service) -> Iterator[Problem]:
    """Ports and routes."""
    path = f"services.{service.name}"
    for port in service.ports:
        if port.protocol not in _PROTOCOLS:
            yield Problem(
                "",
                f"{path}.ports",
                f"port {port.target} uses {port.protocol}, which the firewall does not know.",
                "Use tcp or udp.",
            )
        if port.app_protocol and not is_qualified_name(port.app_protocol):
            yield Problem(
                "",
                f"{path}.ports",
                f"app_protocol '{port.app_protocol}' of port {port.target} is not a name that "
                f"Kubernetes takes.",
                "Use a registered name such as http, or a prefixed one such as kubernetes.io/h2c.",
            )
    yield from check_routes(service)
    if service.routes and is_job(application, service):
        yield Problem(
            "",
            f"{path}.x-seawall.ingress",
            "a service that ends by itself cannot take requests.",
            "Remove the route, or let the service be restarted: restart: always.",
        )
