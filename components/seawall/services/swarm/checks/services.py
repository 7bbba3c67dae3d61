"""Services: names, processes, dependencies, placement, resources, ports."""

from collections.abc import Iterator
from typing import Final

from seawall.errors import Problem
from seawall.services.checks import check_container, check_platform, check_routes
from seawall.services.defaults import filled
from seawall.services.image_facts import image_facts
from seawall.services.model import Application, Condition, Mode, Service
from seawall.services.swarm.capacity import capacity
from seawall.services.swarm.names import SERVICE_LIMIT
from seawall.services.swarm.notation import cpus
from seawall.services.swarm.options import Options
from seawall.services.swarm.placement import constraint, spread_key
from seawall.services.swarm.ports import NodePort, ports_of

LEAST_MEMORY: Final = 4 * 1024**2
"""Bytes: the least that a task may reserve or be limited to (same place, service.go)."""
LEAST_CPUS: Final = 0.001
"""Cores: likewise."""
LEAST_CHECK: Final = 0.001
"""Seconds: the shortest time in a health check that an engine takes."""


def check_service(
    application: Application, service: Service, ports: tuple[NodePort, ...], options: Options
) -> Iterator[Problem]:
    """Everything that keeps one service from running, other than its volumes."""
    yield from _name(service, options)
    yield from check_container(service)
    yield from _process(service)
    yield from _dependencies(service)
    yield from check_platform(service)
    yield from _placement(service, options)
    yield from _resources(service)
    yield from _rollout(service)
    yield from check_routes(service)
    yield from _reachable(application, service, ports)
    yield from _room(service, ports, options)


def _name(service: Service, options: Options) -> Iterator[Problem]:
    full = f"{options.stack}_{service.name}"
    if len(full) > SERVICE_LIMIT:
        yield Problem(
            "",
            f"services.{service.name}",
            f"the service is called '{full}' in the Swarm, with {len(full)} characters; "
            f"{SERVICE_LIMIT} are possible.",
            "Give the service or the platform a shorter name.",
        )


def _process(service: Service) -> Iterator[Problem]:
    path = f"services.{service.name}"
    facts = image_facts(service.image) if service.build is None else None
    if facts is not None and facts.rooted:
        yield Problem(
            "",
            f"{path}.image",
            f"the image writes to {' and '.join(facts.scratch)}, which are root's in it, and Swarm "
            "cannot give a tmpfs to another user.",
            "Use one that is made to run without root, such as nginxinc/nginx-unprivileged.",
        )
    for key, words in (("entrypoint", service.entrypoint), ("command", service.command)):
        if words == () and not (key == "command" and service.entrypoint):
            yield Problem(
                "",
                f"{path}.{key}",
                f"an empty {key} stands for nothing in Compose, and for the image's own in Swarm.",
                "Write the command in full, or remove the key.",
            )
    for mount in service.mounts:
        if mount.subpath:
            yield Problem(
                "",
                f"{path}.volumes",
                f"'docker stack deploy' knows no subpath, so {mount.target} would show all of the "
                "volume.",
                "Give the directory a volume of its own.",
            )
    check = service.healthcheck
    times = (check.interval, check.timeout, check.start_interval) if check else ()
    if any(time < LEAST_CHECK for time in times):
        yield Problem(
            "",
            f"{path}.healthcheck",
            "a time is shorter than a millisecond, which no engine takes.",
            "Give times such as 10s.",
        )


def _dependencies(service: Service) -> Iterator[Problem]:
    for name, condition in service.depends_on.items():
        if condition is Condition.COMPLETED:
            yield Problem(
                "",
                f"services.{service.name}.depends_on.{name}",
                f"Swarm starts all services at once, so {service.name} would run before {name} has "
                "completed.",
                f"Let {service.name} itself wait for what {name} does, and remove the condition.",
            )


def _placement(service: Service, options: Options) -> Iterator[Problem]:
    path = f"services.{service.name}.deploy.placement"
    for text in service.placement.constraints:
        found = constraint(text)
        if found is None:
            yield Problem(
                "",
                f"{path}.constraints",
                f"'{text}' is no constraint that Swarm takes.",
                "Use node.labels.<label>, node.hostname, node.platform.os or .arch, or "
                "engine.labels.<label>, with == or !=.",
            )
        elif found.replace(" ", "").lower() in {"node.role==manager", "node.role!=worker"}:
            yield Problem(
                "",
                f"{path}.constraints",
                f"'{text}' puts the service on the managers, which hold the keys of the whole "
                "cluster and run nothing else.",
                "Remove it.",
            )
    for key in service.placement.spread:
        if spread_key(key) is None:
            yield Problem(
                "",
                f"{path}.preferences",
                f"'{key}' is nothing that Swarm spreads tasks over.",
                "Use node.labels.<label> or engine.labels.<label>; zones are spread over anyway.",
            )
    if options.laptop:
        return
    most = service.placement.max_replicas_per_node
    if most is not None and service.mode is Mode.GLOBAL:
        yield Problem(
            "",
            f"{path}.max_replicas_per_node",
            "a service with one task on each node has no other number of them.",
            "Remove the key.",
        )


def _resources(service: Service) -> Iterator[Problem]:
    path = f"services.{service.name}.deploy.resources"
    given = filled(service.resources)
    for key, size, cores in (
        ("limits", given.memory_limit, given.cpu_limit),
        ("reservations", given.memory_reservation, given.cpu_reservation),
    ):
        if size is not None and size < LEAST_MEMORY:
            yield Problem(
                "",
                f"{path}.{key}.memory",
                f"{size} bytes are too few: Swarm takes 4M at least.",
                "Give more.",
            )
        if cores is not None and float(cpus(cores)) < LEAST_CPUS:
            yield Problem(
                "",
                f"{path}.{key}.cpus",
                f"{cpus(cores)} cores are too few: Swarm takes 0.001 at least.",
                "Give more.",
            )


def _rollout(service: Service) -> Iterator[Problem]:
    if service.rollback is not None and service.rollback.failure_action == "rollback":
        yield Problem(
            "",
            f"services.{service.name}.deploy.rollback_config.failure_action",
            "what goes back already cannot be rolled back.",
            "Set pause or continue.",
        )


def _reachable(
    application: Application, service: Service, ports: tuple[NodePort, ...]
) -> Iterator[Problem]:
    """A port of a node needs a network with a way to the node: internal ones have none."""
    internal = {network.name for network in application.networks if network.internal}
    mine = {membership.network for membership in service.networks}
    if ports_of(ports, service) and mine <= internal:
        yield Problem(
            "",
            f"services.{service.name}.networks",
            "the service is to be reached from outside, but is on internal networks alone, and no "
            "port of a node leads there.",
            "Add a network that is not internal.",
        )
    if service.mode is Mode.REPLICATED_JOB and ports_of(ports, service):
        yield Problem(
            "",
            f"services.{service.name}.deploy.mode",
            "a job ends by itself and cannot take requests.",
            "Remove its route and published ports, or let it be a replicated service.",
        )


def _room(service: Service, ports: tuple[NodePort, ...], options: Options) -> Iterator[Problem]:
    room = capacity(service, ports, options)
    if options.laptop or service.mode is Mode.GLOBAL or room is None or service.replicas <= room:
        return
    yield Problem(
        "",
        f"services.{service.name}.deploy.replicas",
        f"{service.replicas} tasks are asked for, but {options.nodes} nodes have room for {room}: "
        + (
            "the load balancer reaches the service at a port of each node, which serves one task."
            if ports_of(ports, service)
            else "max_replicas_per_node allows no more."
        ),
        "Ask for fewer tasks or for more workers.",
    )
