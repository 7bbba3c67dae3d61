"""The ``x-seawall`` extension: public routes of a service, size and sharing of a volume."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from seawall.errors import did_you_mean
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text
from seawall.services.model import Route

PLAIN_ENVIRONMENT = "plainEnvironment"
"""Gives up the secrecy of the environment variables it lists, which only look like secrets."""

NODE_PORTS = "nodePorts"
"""Ports of a Swarm's nodes by container port: ``{"8080": 20117}``, or ``"53/udp"``."""

_SERVICE_KEYS = ("ingress", PLAIN_ENVIRONMENT, NODE_PORTS)
_ROUTE_KEYS = ("path", "port", "host", "health")
_VOLUME_KEYS = ("size", "shared")
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()+,;=:@%/-]*")
_MAX_PORT = 65535


def routes_of(service: Node, reader: Reader) -> tuple[Route, ...]:
    """``x-seawall.ingress``: a list of ``{path, port, host, health}``, longest path first."""
    extension = service.get("x-seawall")
    if extension is None or not _known(extension, _SERVICE_KEYS, reader):
        return ()
    ingress = extension.get("ingress")
    if ingress is None:
        return ()
    if not isinstance(ingress.value, tuple):
        what = "'ingress' is no list."
        reader.problems.add(ingress, what, "Write a list of {path, port}.")
        return ()
    routes = [_route(node, reader) for node in ingress.sequence()]
    return tuple(
        sorted(
            (route for route in routes if route is not None),
            key=lambda route: (route.host, -len(route.path), route.path),
        ),
    )


def _route(node: Node, reader: Reader) -> Route | None:
    if not _known(node, _ROUTE_KEYS, reader):
        return None
    port = node.get("port")
    path = text(node.get("path"))
    host = text(node.get("host")).lower()
    wrong = False
    if not _PATH.fullmatch(path):
        wrong = True
        what = f"'{path}' is no path of a route." if path else "The route has no path."
        reader.problems.add(node, what, "Start it with '/', such as /api.", "path")
    if port is None:
        wrong = True
        reader.problems.add(node, "The route has no port.", "Add the container's port.", "port")
    if host and not _HOST.fullmatch(host):
        wrong = True
        what = f"'{host}' is no host name."
        reader.problems.add(node, what, "Write a full name, such as shop.example.com.", "host")
    health = text(node.get("health"))
    if health and not _PATH.fullmatch(health):
        wrong = True
        what = f"'{health}' is no path to ask for."
        reader.problems.add(node, what, "Start it with '/', such as /healthz.", "health")
    if wrong:
        return None
    return Route(path, reader.whole(port, 1, 1, _MAX_PORT), host, health)


def node_ports_of(service: Node, reader: Reader) -> Mapping[tuple[int, str], int]:
    """``x-seawall.nodePorts``: the node's port by container port and protocol."""
    found: dict[tuple[int, str], int] = {}
    for key, below in service.entries("x-seawall", NODE_PORTS).items():
        number, _, protocol = key.partition("/")
        if not re.fullmatch(r"[1-9][0-9]{0,4}(/(tcp|udp))?", key) or int(number) > _MAX_PORT:
            what = f"'{key}' is no port of a container."
            reader.problems.add(below, what, 'Write a number, such as "8080" or "53/udp".')
            continue
        found[int(number), protocol or "tcp"] = reader.whole(below, 1, 1, _MAX_PORT)
    return MappingProxyType({key: found[key] for key in sorted(found)})


def plain_environment(service: Node, reader: Reader) -> tuple[str, ...]:
    """``x-seawall.plainEnvironment``: variables that look like secrets and are none."""
    node = service.get("x-seawall", PLAIN_ENVIRONMENT)
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        what = f"'{PLAIN_ENVIRONMENT}' is no list."
        reader.problems.add(node, what, "Write a list of names of variables.")
    return tuple(item.text() for item in node.sequence())


def volume_extension(volume: Node, reader: Reader) -> tuple[int | None, bool]:
    """``x-seawall`` of a volume: its size in bytes (None if not said) and whether it is shared."""
    extension = volume.get("x-seawall")
    if extension is None or not _known(extension, _VOLUME_KEYS, reader):
        return None, False
    size = reader.size(extension.get("size"))
    if size is not None and size < 1:
        what = "The size of a volume is more than nothing."
        reader.problems.add(extension, what, "Write a size such as 20G.", "size")
    return size, reader.truth(extension.get("shared"))


def _known(node: Node, keys: tuple[str, ...], reader: Reader) -> bool:
    if not node.mapping():
        what = "This takes a mapping."
        reader.problems.add(node, what, f"Write {{{', '.join(f'{key}: ...' for key in keys)}}}.")
        return False
    for key, below in node.mapping().items():
        if key not in keys:
            what = f"The key '{key}' is not known to Seawall here."
            reader.problems.add(below, what, did_you_mean(key, keys))
    return True
