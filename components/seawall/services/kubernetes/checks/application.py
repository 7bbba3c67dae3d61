"""All checks of an application."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final

from seawall.errors import Problem
from seawall.services.files import used_configs, used_secrets
from seawall.services.kubernetes.checks.names import check_collisions, check_names, check_order
from seawall.services.kubernetes.checks.services import (
    check_network,
    check_placement,
    check_running,
)
from seawall.services.kubernetes.checks.volumes import check_volumes
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.pods import pod_template
from seawall.services.kubernetes.restricted import Violation, violations
from seawall.services.kubernetes.workloads import is_job
from seawall.services.model import Application, Condition, Service

CONFIG_LIMIT: Final = 1_048_576
"""Bytes: what a ConfigMap or a Secret holds
(https://kubernetes.io/docs/concepts/configuration/configmap/).
"""

_NO_SIZES: Final[Mapping[str, int]] = MappingProxyType({})

_CURES: Final = (
    ("runAsUser", "user", "Give another user by number, such as user: '1000:1000'."),
    ("capabilities.add", "cap_add", "Remove the capability; only NET_BIND_SERVICE is allowed."),
    ("sysctls", "sysctls", "Remove it: it would change the node, not only the service."),
    ("hostPort", "ports", "Remove mode: host and let the entry route to the service."),
    ("hostPath", "volumes", "Use a named volume, or a config for a file of the project."),
)


def check_application(
    application: Application,
    *,
    shared_storage: bool = False,
    config_sizes: Mapping[str, int] = _NO_SIZES,
) -> tuple[Problem, ...]:
    """Everything that keeps the application from running on Kubernetes, in the order of the file.

    ``shared_storage`` says whether there is a StorageClass for volumes that many nodes mount.
    """
    return (
        *check_collisions(application),
        *check_order(application),
        *(
            problem
            for service in application.services
            for problem in (
                *check_names(application, service),
                *check_running(application, service),
                *check_placement(service),
                *check_network(application, service),
            )
        ),
        *_security(application),
        *check_volumes(application, shared_storage=shared_storage),
        *(
            Problem(
                "",
                f"configs.{name}",
                f"config '{name}' has {size} bytes, and a ConfigMap holds {CONFIG_LIMIT}.",
                "Put it into the image or on a volume.",
            )
            for name, size in sorted(config_sizes.items())
            if size > CONFIG_LIMIT
        ),
    )


def unreachable_dependencies(application: Application) -> tuple[str, ...]:
    """Warnings: services that others wait for although nobody can reach them.

    Only declared ports are open between services, so a database without any is of no use.
    """
    return tuple(
        f"service {service.name} depends on {name}, but {name} declares no port, so nobody can "
        f"reach it. If it listens, declare its port: expose: ['5432']."
        for service in application.services
        for name, condition in service.depends_on.items()
        if condition is not Condition.COMPLETED
        for peer in application.peers(service)
        if peer.name == name and not peer.ports and not is_job(application, peer)
    )


def _security(application: Application) -> Iterator[Problem]:
    """Pods that break the restricted Pod Security Standard, which the namespace enforces."""
    names = [service.name for service in application.services]
    options = Options(
        namespace="planned",
        images=dict.fromkeys(names, "planned"),
        secret_names=dict.fromkeys(used_secrets(application), "planned"),
        config_names=dict.fromkeys(used_configs(application), "planned"),
        vpc_cidr=IPv4Network("10.0.0.0/16"),
    )
    for service in application.services:
        for found in violations(pod_template(application, service, options)["spec"]):
            yield _violation(service, found)


def _violation(service: Service, found: Violation) -> Problem:
    key, cure = next(
        ((key, cure) for field, key, cure in _CURES if field in found.field),
        ("", "Change the service so that it does without."),
    )
    path = f"services.{service.name}" + (f".{key}" if key else "")
    return Problem("", path, f"the service {found.message}, which the namespace refuses.", cure)
