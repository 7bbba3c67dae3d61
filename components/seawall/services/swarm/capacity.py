"""Whether there are nodes enough for a service's tasks, and for one more during an update. Pure.

A port of a node serves one task, so a service with such a port has at most one task on each node.
"""

from seawall.services.model import Application, Mode, Rollout, Service
from seawall.services.swarm.options import Options
from seawall.services.swarm.ports import NodePort, ports_of
from seawall.services.swarm.storage import owns_volume


def capacity(service: Service, ports: tuple[NodePort, ...], options: Options) -> int | None:
    """How many tasks of a service can run at the same time. None: any number."""
    most = service.placement.max_replicas_per_node if not options.laptop else None
    per_node = 1 if ports_of(ports, service) else most
    if per_node is None or options.nodes is None:
        return None
    return per_node * options.nodes


def tasks(service: Service, ports: tuple[NodePort, ...], options: Options) -> int:
    """How many tasks a replicated service has: what is asked for, and on a laptop what fits."""
    room = capacity(service, ports, options)
    if options.laptop and room is not None:
        return min(service.replicas, room)
    return service.replicas


def order(
    application: Application,
    service: Service,
    rollout: Rollout,
    ports: tuple[NodePort, ...],
    options: Options,
) -> str:
    """Whether an update starts the new task or stops the old one first.

    First stopped, whatever is asked, where both cannot run at once: they would write to one volume,
    or there is no free node. Then the update would wait for ever.
    """
    if owns_volume(application, service):
        return "stop-first"
    if service.mode is Mode.GLOBAL:
        return "stop-first" if ports_of(ports, service) else rollout.order
    count = tasks(service, ports, options)
    room = capacity(service, ports, options)
    if room is not None and count + min(rollout.parallelism or count, count) > room:
        return "stop-first"
    return rollout.order
