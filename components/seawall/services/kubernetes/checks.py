"""What Kubernetes or the platform's security would not take, as problems of the Compose file.

All of it is found before any resource is declared. What the Compose file gets wrong by itself is
the loader's business.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Final

from seawall.errors import Problem, did_you_mean
from seawall.services.kubernetes.configuration import used_configs, used_secrets
from seawall.services.kubernetes.names import (
    SERVICE_NAME_LIMIT,
    is_dns_label,
    is_service_name,
    object_name,
)
from seawall.services.kubernetes.networking import aliases
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.pods import pod_template
from seawall.services.kubernetes.restricted import Violation, violations
from seawall.services.kubernetes.scheduling import constraint, topology_key
from seawall.services.kubernetes.storage import named_volumes, users_of, volume_of
from seawall.services.kubernetes.users import user_of
from seawall.services.kubernetes.workloads import is_job
from seawall.services.model import Application, Condition, Mode, Service

RESERVED_NAMES: Final = frozenset({"default", "default-deny", "allow-dns"})
"""Names of objects that every namespace has here."""

CONFIG_LIMIT: Final = 1_048_576
"""Bytes: what a ConfigMap or a Secret holds
(https://kubernetes.io/docs/concepts/configuration/configmap/).
"""

_NO_SIZES: Final[Mapping[str, int]] = MappingProxyType({})

_PROTOCOLS: Final = frozenset({"tcp", "udp"})

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
        *_collisions(application),
        *(
            problem
            for service in application.services
            for problem in (
                *_names(application, service),
                *_running(application, service),
                *_placement(service),
                *_network(service),
            )
        ),
        *_security(application),
        *_volumes(application, shared_storage=shared_storage),
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
        if peer.name == name and not peer.ports and not is_job(peer)
    )


def _collisions(application: Application) -> Iterator[Problem]:
    kinds = (
        ("volumes", [each.name for each in application.volumes]),
        ("secrets", [each.name for each in application.secrets]),
        ("configs", [each.name for each in application.configs]),
    )
    for kind, names in kinds:
        for name in _repeated(object_name(each) for each in names):
            same = sorted(each for each in names if object_name(each) == name)
            yield Problem(
                "",
                f"{kind}.{same[-1]}",
                f"the names {' and '.join(same)} are both '{name}' in Kubernetes.",
                "Rename one.",
            )
    given = [alias for service in application.services for alias in aliases(service)]
    services = [service.name for service in application.services]
    for name in _repeated([*given, *services]):
        owners = [s.name for s in application.services if name in (*aliases(s), s.name)]
        yield Problem(
            "",
            f"services.{owners[-1]}.networks",
            f"the name '{name}' would stand for the services {' and '.join(owners)} at once.",
            "Give each service aliases of its own.",
        )


def _names(application: Application, service: Service) -> Iterator[Problem]:
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


def _running(application: Application, service: Service) -> Iterator[Problem]:
    path = f"services.{service.name}"
    if user_of(service) is None:
        named = f"the user '{service.user}' is not a number" if service.user else "it names no user"
        yield Problem(
            "",
            f"{path}.user",
            f"the container may not start as root, and {named}, so nobody can tell who it is.",
            "Add the user and group that the image runs as, by number: user: '1000:1000'.",
        )
    for host, address in service.extra_hosts.items():
        if address == "host-gateway":
            yield Problem(
                "",
                f"{path}.extra_hosts",
                f"'{host}' stands for the node, which a pod has no business with.",
                "Give an address, or remove it.",
            )
    targets = [
        *(mount.target for mount in service.mounts),
        *(file.target for file in (*service.secrets, *service.configs)),
        *(["/dev/shm"] if service.shm_size else []),  # noqa: S108  # the container's
    ]
    for target in _repeated(targets):
        yield Problem(
            "", path, f"two things are mounted at {target}.", "Give each a path of its own."
        )
    for name, condition in service.depends_on.items():
        waited = next((each for each in application.services if each.name == name), None)
        if waited is None:
            continue
        if condition is Condition.COMPLETED and not is_job(waited):
            yield Problem(
                "",
                f"{path}.depends_on.{name}",
                f"it waits for {name} to complete, but {name} is restarted whenever it ends.",
                f"Give {name} restart: 'no' or on-failure.",
            )


def _placement(service: Service) -> Iterator[Problem]:
    path = f"services.{service.name}.deploy.placement"
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


def _network(service: Service) -> Iterator[Problem]:
    path = f"services.{service.name}"
    for port in service.ports:
        if port.protocol not in _PROTOCOLS:
            yield Problem(
                "",
                f"{path}.ports",
                f"port {port.target} uses {port.protocol}, which the firewall does not know.",
                "Use tcp or udp.",
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
    if service.routes and is_job(service):
        yield Problem(
            "",
            f"{path}.x-seawall.ingress",
            "a service that ends by itself cannot take requests.",
            "Remove the route, or let the service be restarted: restart: always.",
        )


def _volumes(application: Application, *, shared_storage: bool) -> Iterator[Problem]:
    for name in sorted({v for service in application.services for v in named_volumes(service)}):
        volume = volume_of(application, name)
        path = f"volumes.{name}"
        if volume.external:
            yield Problem(
                "",
                f"{path}.external",
                f"the volume '{name}' is said to exist, but the application's namespace is new.",
                "Remove external: true, and restore the data into the new volume.",
            )
        if volume.shared:
            if not shared_storage:
                yield Problem(
                    "",
                    f"{path}.x-seawall.shared",
                    f"the volume '{name}' is shared, and there is no storage class for that.",
                    "Remove shared: true; a volume belongs to one task of one service.",
                )
            continue
        users = users_of(application, name)
        if len(users) > 1:
            yield Problem(
                "",
                path,
                f"the services {' and '.join(users)} mount the volume '{name}', which is an EBS "
                f"volume and belongs to one node.",
                "Give each service a volume of its own.",
            )
        for user in users:
            yield from _owner(application.service(user), name)


def _owner(service: Service, volume: str) -> Iterator[Problem]:
    """A volume that is one EBS volume has one task."""
    if service.mode is Mode.GLOBAL or service.replicas > 1:
        count = "one on each node" if service.mode is Mode.GLOBAL else str(service.replicas)
        yield Problem(
            "",
            f"services.{service.name}.deploy.replicas",
            f"the tasks ({count}) would write to the volume '{volume}' at once, which belongs to "
            f"one node.",
            "Set replicas to 1, or keep the data elsewhere.",
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


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
