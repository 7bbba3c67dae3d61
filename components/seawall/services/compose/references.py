"""What services must agree on: names, ports, volumes, dependencies, routes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seawall.services.compose.names import MAX_NAME, dns_name, is_dns_name
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, texts
from seawall.services.model import Condition, Mode, MountKind, Port, Service, Volume

Nodes = Mapping[str, Node]


def check(
    services: Sequence[Service], nodes: Nodes, volumes: Mapping[str, Volume], reader: Reader
) -> None:
    """Adds a problem for everything in which the services contradict each other."""
    _check_service_names(nodes, reader)
    _check_published(services, nodes, reader)
    _check_volumes(services, nodes, volumes, reader)
    _check_dependencies(services, nodes, reader)
    _check_routes(services, nodes, reader)
    _check_links(services, nodes, reader)


def _check_service_names(nodes: Nodes, reader: Reader) -> None:
    """Services are dialled by name, so the name must be one of DNS as it stands."""
    for name, node in nodes.items():
        if not is_dns_name(name):
            mapped = dns_name(name)
            better = f", such as '{mapped}'" if is_dns_name(mapped) and mapped not in nodes else ""
            what = (
                f"'{name}' cannot be a name in the cluster's DNS, where services find each other."
            )
            cure = (
                "Rename it, here and where others dial it: lower-case letters, digits and '-', a "
                f"letter first, at most {MAX_NAME}{better}."
            )
            reader.problems.add(node, what, cure)


def check_names(section: str, nodes: Nodes, reader: Reader) -> None:
    """Other names may have any form, but must stay different on a cluster."""
    taken: dict[str, str] = {}
    for name, node in nodes.items():
        mapped = dns_name(name).strip("-")
        if mapped in taken:
            what = f"The {section} '{taken[mapped]}' and '{name}' are both '{mapped}' on a cluster."
            reader.problems.add(node, what, "Rename one.")
        taken.setdefault(mapped, name)


def _check_published(services: Sequence[Service], nodes: Nodes, reader: Reader) -> None:
    taken: dict[tuple[int, str], list[tuple[str, Port]]] = {}
    for service in services:
        for port in service.ports:
            if port.published is None:
                continue
            others = taken.setdefault((port.published, port.protocol), [])
            for name, other in others:
                if port.host_ip == other.host_ip or "" in (port.host_ip, other.host_ip):
                    what = (
                        f"Port {port.published}/{port.protocol} is published twice, by '{name}' "
                        f"and by '{service.name}'."
                    )
                    node = nodes[service.name].get("ports") or nodes[service.name]
                    reader.problems.add(node, what, "Publish one of them on another port.")
            others.append((service.name, port))


def _check_volumes(
    services: Sequence[Service], nodes: Nodes, volumes: Mapping[str, Volume], reader: Reader
) -> None:
    users: dict[str, str] = {}
    for service in services:
        node = nodes[service.name].get("volumes") or nodes[service.name]
        for source in sorted({m.source for m in service.mounts if m.source}):
            volume = volumes.get(source)
            if volume is None:
                what = f"The volume '{source}' is not defined under the top-level 'volumes'."
                reader.problems.add(node, what, "Define it there, or correct the name.")
                continue
            if volume.shared:
                continue
            many = service.mode is Mode.GLOBAL or service.replicas > 1
            cure = (
                f"Set volumes.{source}.x-seawall.shared: true if several tasks may write at once, "
                "or keep to one task."
            )
            if many:
                what = f"Several tasks of '{service.name}' would share the volume '{source}'."
                reader.problems.add(node, what, cure)
            if source in users:
                what = f"'{users[source]}' and '{service.name}' would share the volume '{source}'."
                reader.problems.add(node, what, cure)
            users.setdefault(source, service.name)
        if service.mode is Mode.GLOBAL and service.replicas != 1:
            what = f"'{service.name}' runs on each node, so it has no number of replicas."
            reader.problems.add(nodes[service.name], what, "Remove one of the two.", "deploy")
    for service in services:
        for mount in service.mounts:
            if mount.kind is MountKind.TMPFS and mount.size == 0:
                what = f"The tmpfs at '{mount.target}' has the size 0."
                reader.problems.add(nodes[service.name], what, "Remove the size, or give one.")


def _check_dependencies(services: Sequence[Service], nodes: Nodes, reader: Reader) -> None:
    by_name = {service.name: service for service in services}
    for service in services:
        place = nodes[service.name].get("depends_on") or nodes[service.name]
        for other, condition in service.depends_on.items():
            target = by_name.get(other)
            if target is None:
                continue
            if condition is Condition.HEALTHY and target.healthcheck is None:
                what = f"'{service.name}' waits until '{other}' is healthy; it has no health check."
                cure = f"Add a healthcheck to '{other}', or wait for service_started."
                reader.problems.add(place, what, cure, other)
            ends = target.restart.condition != "any" or target.mode is Mode.REPLICATED_JOB
            if condition is Condition.COMPLETED and not ends:
                what = f"'{service.name}' waits until '{other}' ends; it always starts again."
                cure = f"Set restart: \"no\" or on-failure in '{other}'."
                reader.problems.add(place, what, cure, other)
    for circle in _circles({s.name: tuple(s.depends_on) for s in services}):
        what = f"The services wait for each other: {' -> '.join(circle)}."
        place = nodes[circle[0]].get("depends_on") or nodes[circle[0]]
        reader.problems.add(place, what, "Remove one of these dependencies.")


def with_ends(services: Sequence[Service], nodes: Nodes) -> list[Service]:
    """The services, in which one that others wait for to end is not started again.

    That is Compose's default; on a cluster it would be the other way round.
    """
    awaited = {
        name
        for service in services
        for name, condition in service.depends_on.items()
        if condition is Condition.COMPLETED
    }
    return [
        replace(service, restart=replace(service.restart, condition="none"))
        if service.name in awaited and not _says_restart(nodes[service.name])
        else service
        for service in services
    ]


def _says_restart(node: Node) -> bool:
    policy = node.get("deploy", "restart_policy", "condition")
    return node.get("restart") is not None or policy is not None


def _circles(graph: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """One circle for each group of services that wait for each other."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in graph:
        path: list[str] = [start]
        open_edges = [list(graph[start])]
        while path:
            if path[-1] in done or not open_edges[-1]:
                done.add(path.pop())
                open_edges.pop()
                continue
            step = open_edges[-1].pop(0)
            if step in path:
                found.append((*path[path.index(step) :], step))
            elif step in graph and step not in done:
                path.append(step)
                open_edges.append(list(graph[step]))
    return found


def _check_routes(services: Sequence[Service], nodes: Nodes, reader: Reader) -> None:
    taken: dict[tuple[str, str], str] = {}
    for service in services:
        place = nodes[service.name].get("x-seawall", "ingress") or nodes[service.name]
        declared = {port.target for port in service.ports if port.protocol == "tcp"}
        for route in service.routes:
            if route.port not in declared:
                shown = ", ".join(map(str, sorted(declared))) or "none"
                what = (
                    f"The route '{route.path}' leads to port {route.port}, which is not declared."
                )
                cure = f"Add it to 'expose', or use one of its TCP ports: {shown}."
                reader.problems.add(place, what, cure)
            key = (route.host, route.path.rstrip("/") or "/")
            if key in taken:
                what = f"The route '{route.host}{route.path}' is taken by '{taken[key]}' already."
                reader.problems.add(place, what, "Use another path or host.")
            taken.setdefault(key, service.name)


def _check_links(services: Sequence[Service], nodes: Nodes, reader: Reader) -> None:
    names = {service.name for service in services}
    for service in services:
        links = nodes[service.name].get("links")
        for link in texts(links):
            target, _, alias = link.partition(":")
            if target not in names:
                what = f"The link '{link}' leads to '{target}', which is no service that is on."
                reader.problems.add(links or nodes[service.name], what, "Correct or remove it.")
            elif alias and alias != target:
                what = f"The link '{link}' gives '{target}' another name for this service alone."
                cure = f"Use the name '{target}', or add the alias under networks of '{target}'."
                reader.problems.add(links or nodes[service.name], what, cure)
            else:
                why = "Services on one network reach each other by name without a link."
                reader.note(f"services.{service.name}.links", why)
