"""Services: users, mounts, placement, ports, routes."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Final

from seawall.errors import Problem
from seawall.services.kubernetes.checks.names import repeated
from seawall.services.kubernetes.names import is_host_name, is_qualified_name
from seawall.services.kubernetes.scheduling import constraint, topology_key
from seawall.services.kubernetes.workloads import is_job
from seawall.services.model import Application, Condition, Mode, Service
from seawall.services.users import user_of

_PROTOCOLS: Final = frozenset({"tcp", "udp"})


def check_running(application: Application, service: Service) -> Iterator[Problem]:
    """As whom a service runs, what it mounts, whom it waits for."""
    path = f"services.{service.name}"
    if user_of(service) is None:
        named = f"the user '{service.user}' is not a number" if service.user else "it names no user"
        yield Problem(
            "",
            f"{path}.user",
            f"the container may not start as root, and {named}, so nobody can tell who it is.",
            "Add the user and group that the image runs as, by number: user: '1000:1000'.",
        )
    for mount in service.mounts:
        if PurePosixPath(mount.subpath).is_absolute() or ".." in PurePosixPath(mount.subpath).parts:
            yield Problem(
                "",
                f"{path}.volumes",
                f"the subpath '{mount.subpath}' leads out of the volume.",
                "Give a path below the volume's root, without '..'.",
            )
    for host, address in service.extra_hosts.items():
        if not is_host_name(host):
            yield Problem(
                "",
                f"{path}.extra_hosts",
                f"'{host}' is not a host name.",
                "Use lower case letters, digits, hyphens and dots.",
            )
        if address == "host-gateway":
            yield Problem(
                "",
                f"{path}.extra_hosts",
                f"'{host}' stands for the node, which a pod has no business with.",
                "Give an address, or remove it.",
            )
        elif not _is_address(address):
            yield Problem(
                "",
                f"{path}.extra_hosts",
                f"'{address}', for '{host}', is not an IP address.",
                "Give an address such as 10.1.2.3.",
            )
    targets = [
        *(mount.target for mount in service.mounts),
        *(file.target for file in (*service.secrets, *service.configs)),
        *(["/dev/shm"] if service.shm_size else []),  # noqa: S108  # the container's
    ]
    for target in repeated(targets):
        yield Problem(
            "", path, f"two things are mounted at {target}.", "Give each a path of its own."
        )
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
    if service.platform and service.platform.split("/")[0] != "linux":
        yield Problem(
            "",
            f"services.{service.name}.platform",
            f"'{service.platform}' is not Linux, and the nodes are.",
            "Use linux/amd64 or linux/arm64.",
        )
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
    tcp = {port.target for port in service.ports if port.protocol == "tcp"}
    for route in service.routes:
        if route.port not in tcp:
            yield Problem(
                "",
                f"{path}.x-seawall.ingress",
                f"the route {route.path} leads to port {route.port}, which the service does not "
                f"declare.",
                f"Add expose: ['{route.port}'].",
            )
        if route.host and not is_host_name(route.host):
            yield Problem(
                "",
                f"{path}.x-seawall.ingress",
                f"'{route.host}' is not a host name.",
                "Use lower case letters, digits, hyphens and dots.",
            )
    if service.routes and is_job(application, service):
        yield Problem(
            "",
            f"{path}.x-seawall.ingress",
            "a service that ends by itself cannot take requests.",
            "Remove the route, or let the service be restarted: restart: always.",
        )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
