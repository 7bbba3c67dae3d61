"""What a load balancer asks a task for to see whether it is healthy. Pure."""

import re
from typing import Final

from seawall.services.model import Service

_OWN_URL: Final = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(?P<port>\d+))?(?P<path>/[^\s\"'|;&)]*)?"
)


def health_path(service: Service) -> str:
    """The path to ask for.

    The route's own, else what the service's health check asks for at the same port, else the
    shortest routed path.
    """
    routes = sorted(service.routes, key=lambda route: (len(route.path), route.path))
    for route in routes:
        if route.health_path:
            return route.health_path
    for route in routes:
        path = own_http_path(service, route.port)
        if path:
            return path
    return routes[0].path if routes else "/"


def own_http_path(service: Service, port: int) -> str | None:
    """The path that the service's own health check asks for at this port, if it does ask one."""
    if service.healthcheck is None:
        return None
    for match in _OWN_URL.finditer(" ".join(service.healthcheck.test)):
        default = 443 if match[0].startswith("https") else 80
        if int(match["port"] or default) == port:
            return match["path"] or "/"
    return None
