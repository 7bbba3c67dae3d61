"""Names: what DNS takes, and that each stands for one thing."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Final

from seawall.errors import Problem, did_you_mean
from seawall.services.checks import check_same_routes, repeated
from seawall.services.dns import is_dns_label
from seawall.services.kubernetes.names import (
    SERVICE_NAME_LIMIT,
    is_service_name,
    object_name,
)
from seawall.services.kubernetes.networking import aliases
from seawall.services.model import Application, Service

RESERVED_NAMES: Final = frozenset({"default", "default-deny", "allow-dns"})
"""Names of objects that every namespace has here."""


def check_collisions(application: Application) -> Iterator[Problem]:
    """Names that would stand for two things at once."""
    kinds = (
        ("volumes", [each.name for each in application.volumes]),
        ("secrets", [each.name for each in application.secrets]),
        ("configs", [each.name for each in application.configs]),
    )
    for kind, names in kinds:
        for name in repeated(object_name(each) for each in names):
            same = sorted(each for each in names if object_name(each) == name)
            yield Problem(
                "",
                f"{kind}.{same[-1]}",
                f"the names {' and '.join(same)} are both '{name}' in Kubernetes.",
                "Rename one.",
            )
    yield from check_same_routes(application)
    given = [alias for service in application.services for alias in aliases(service)]
    services = [service.name for service in application.services]
    for name in repeated([*given, *services]):
        owners = [s.name for s in application.services if name in (*aliases(s), s.name)]
        yield Problem(
            "",
            f"services.{owners[-1]}.networks",
            f"the name '{name}' would stand for the services {' and '.join(owners)} at once.",
            "Give each service aliases of its own.",
        )


def check_order(application: Application) -> Iterator[Problem]:
    """Services that wait for each other in a circle, so that none could ever start."""
    waits = {service.name: sorted(service.depends_on) for service in application.services}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        yield Problem(
            "",
            f"services.{circle[0]}.depends_on",
            f"the services wait for each other in a circle: {' <- '.join(circle)}.",
            "Remove one of these dependencies.",
        )


def check_names(application: Application, service: Service) -> Iterator[Problem]:
    """Names that cannot be DNS names, and services that are named but not there."""
    path = f"services.{service.name}"
    if not is_service_name(service.name) or len(service.name) > SERVICE_NAME_LIMIT:
        yield Problem(
            "",
            path,
            f"'{service.name}' cannot be a DNS name in Kubernetes: lower case letters, digits and "
            f"hyphens, a letter first, at most {SERVICE_NAME_LIMIT}.",
            "Rename the service, here and where others dial it.",
        )
    if service.name in RESERVED_NAMES:
        yield Problem("", path, f"the name '{service.name}' is taken.", "Rename the service.")
    for alias in aliases(service):
        if not is_service_name(alias):
            yield Problem(
                "",
                f"{path}.networks",
                f"the alias '{alias}' cannot be a DNS name in Kubernetes.",
                "Use lower case letters, digits and hyphens.",
            )
    if service.hostname and not is_dns_label(service.hostname):
        yield Problem(
            "",
            f"{path}.hostname",
            f"the host name '{service.hostname}' is not a single label of DNS.",
            "Use lower case letters, digits and hyphens, or remove hostname.",
        )
    for name in service.depends_on:
        if name not in {each.name for each in application.services}:
            yield Problem(
                "",
                f"{path}.depends_on",
                f"there is no service '{name}'.",
                did_you_mean(name, (each.name for each in application.services)),
            )
