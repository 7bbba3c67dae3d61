"""What of an application Docker Swarm takes only nearly, or not at all. Pure.

The loader accounts for each key of the Compose file; these notes account for what the model holds
and a stack file cannot say, or says in another way. What would change security or data is refused
by ``checks``.
"""

from collections.abc import Iterator

from seawall.services.model import Application, Condition, Fate, Mode, Note, Rollout, Service
from seawall.services.swarm.capacity import order, tasks
from seawall.services.swarm.deploying import restart_of
from seawall.services.swarm.options import Options, Storage
from seawall.services.swarm.ports import NodePort, is_published, node_ports
from seawall.services.swarm.storage import named_volumes, owns_volume, volume_of


def swarm_notes(application: Application, options: Options) -> tuple[Note, ...]:
    """The notes on all services and volumes, sorted."""
    ports = node_ports(application, laptop=options.laptop)
    return tuple(
        sorted(
            {
                *(
                    note
                    for service in application.services
                    for note in (
                        *_of(service, options),
                        *_ports(service, options),
                        *_deploy(application, service, ports, options),
                        *_placement(service, options),
                    )
                ),
                *_volumes(application, options),
            }
        )
    )


def _of(service: Service, options: Options) -> Iterator[Note]:
    path = f"services.{service.name}"
    for name, condition in service.depends_on.items():
        if condition is not Condition.COMPLETED:
            why = (
                "Swarm starts all services at once; one that cannot work yet ends or stays "
                "unhealthy, and starts again until it can."
            )
            yield Note(f"{path}.depends_on.{name}", Fate.APPROXIMATED, why)
    if service.no_new_privileges:
        why = "'docker stack deploy' does not hand it on. " + (
            "Set no-new-privileges in the engine's daemon.json; without capabilities and not as "
            "root there is little to gain."
            if options.laptop
            else "The nodes' engines are set so for all containers."
        )
        fate = Fate.IGNORED if options.laptop else Fate.APPROXIMATED
        yield Note(f"{path}.security_opt", fate, why)
    if service.pull_policy:
        why = "A node pulls what it does not have; images never change under their name."
        yield Note(f"{path}.pull_policy", Fate.IGNORED, why)


def _ports(service: Service, options: Options) -> Iterator[Note]:
    path = f"services.{service.name}"
    for port in service.ports:
        if port.published is not None and not is_published(port):
            why = (
                f"A node publishes on all its addresses, so port {port.target}, which is for "
                f"{port.host_ip} alone, is not published at all."
            )
            yield Note(f"{path}.ports", Fate.APPROXIMATED, why)
        if port.name or port.app_protocol:
            why = "Swarm has neither names nor protocols of applications for ports."
            yield Note(f"{path}.ports", Fate.IGNORED, why)
    if service.routes and options.laptop:
        why = "A laptop has no load balancer; the published ports lead to the services."
        yield Note(f"{path}.x-seawall.ingress", Fate.IGNORED, why)


def _deploy(
    application: Application, service: Service, ports: tuple[NodePort, ...], options: Options
) -> Iterator[Note]:
    path = f"services.{service.name}.deploy"
    if service.mode is Mode.REPLICATED_JOB:
        why = "Swarm runs a job anew with every deployment of the stack."
        yield Note(f"{path}.mode", Fate.APPROXIMATED, why)
        if service.rollout != Rollout() or service.rollback is not None:
            yield Note(f"{path}.update_config", Fate.IGNORED, "A job is not updated task by task.")
        if restart_of(service) != service.restart:
            why = "A job that succeeded does not start again: on-failure."
            yield Note(f"{path}.restart_policy", Fate.APPROXIMATED, why)
        return
    count = tasks(service, ports, options)
    if service.mode is Mode.REPLICATED and count != service.replicas:
        why = f"{count} of {service.replicas}: a port of the one node serves one task."
        yield Note(f"{path}.replicas", Fate.APPROXIMATED, why)
    for key, rollout in (("update_config", service.rollout), ("rollback_config", service.rollback)):
        if rollout is None or order(application, service, rollout, ports, options) == rollout.order:
            continue
        why = "The old task stops first: " + (
            "two on one volume would damage it."
            if owns_volume(application, service)
            else f"there is no room for one more task on {options.nodes or 'the'} nodes."
        )
        yield Note(f"{path}.{key}.order", Fate.APPROXIMATED, why)


def _placement(service: Service, options: Options) -> Iterator[Note]:
    placed = service.placement
    if options.laptop and (placed.constraints or placed.spread or placed.max_replicas_per_node):
        why = "A laptop has one node, so there is nothing to place."
        yield Note(f"services.{service.name}.deploy.placement", Fate.IGNORED, why)


def _volumes(application: Application, options: Options) -> Iterator[Note]:
    used = sorted({name for service in application.services for name in named_volumes(service)})
    for name in used:
        path = f"volumes.{name}"
        if volume_of(application, name).size is not None:
            why = (
                "A file system of EFS has no size; it grows with what is in it."
                if options.storage is Storage.EFS
                else "The volume shares the disk of its node."
            )
            yield Note(f"{path}.x-seawall.size", Fate.IGNORED, why)
        if options.storage is Storage.NODE:
            why = (
                "The data are on the disk of one node and end with it; the service waits for that "
                "node, and never starts with an empty volume elsewhere."
            )
            yield Note(path, Fate.APPROXIMATED, why)
        if options.storage is Storage.EFS and not volume_of(application, name).shared:
            why = (
                "When a node no longer answers, Swarm starts the task elsewhere, whether or not "
                "the old one has ended: for a moment two may write to the volume."
            )
            yield Note(path, Fate.APPROXIMATED, why)
