"""What no target would take, as problems of the Compose file. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import TypeVar

from seawall.errors import Problem
from seawall.services.dns import is_host_name
from seawall.services.model import Application, Service
from seawall.services.users import user_of

_Name = TypeVar("_Name", str, tuple[str, str])


def check_container(service: Service) -> Iterator[Problem]:
    """As whom a service runs, what it mounts, which hosts it knows by name."""
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


def check_platform(service: Service) -> Iterator[Problem]:
    """The operating system, which is Linux on every node."""
    if service.platform and service.platform.split("/")[0] != "linux":
        yield Problem(
            "",
            f"services.{service.name}.platform",
            f"'{service.platform}' is not Linux, and the nodes are.",
            "Use linux/amd64 or linux/arm64.",
        )


def check_routes(service: Service) -> Iterator[Problem]:
    """Routes that lead to no port of the service, or from a host that has no name."""
    path = f"services.{service.name}"
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


def check_same_routes(application: Application) -> Iterator[Problem]:
    """Routes that lead to two services at once."""
    routes = [(route.host, route.path) for s in application.services for route in s.routes]
    for host, path in repeated(routes):
        owners = [
            service.name
            for service in application.services
            for route in service.routes
            if (route.host, route.path) == (host, path)
        ]
        yield Problem(
            "",
            f"services.{owners[-1]}.x-seawall.ingress",
            f"the route {host}{path} leads to {' and '.join(owners)} at once.",
            "Give each route a path or a host of its own.",
        )


def repeated(names: Iterable[_Name]) -> list[_Name]:
    """Those that occur more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
