"""The ``deploy`` section of a service: tasks, places, resources, updates. Pure."""

from typing import Final

from seawall.services.defaults import filled
from seawall.services.model import Application, Mode, Resources, Restart, Rollout, Service
from seawall.services.swarm.capacity import order, tasks
from seawall.services.swarm.notation import StackFile, cpus, duration, memory
from seawall.services.swarm.options import Options
from seawall.services.swarm.placement import placement
from seawall.services.swarm.ports import NodePort

DEFAULT_PIDS: Final = 1024
"""Processes of a task that does not say: one that forks without end must not take its node down.

CIS Docker Benchmark 1.6, 5.29.
"""


def deploy(
    application: Application, service: Service, ports: tuple[NodePort, ...], options: Options
) -> StackFile:
    """The ``deploy`` section of a service."""
    result: StackFile = {"mode": service.mode.value}
    if service.mode is not Mode.GLOBAL:
        result["replicas"] = tasks(service, ports, options)
    result["endpoint_mode"] = "dnsrr" if service.headless or options.dnsrr else "vip"
    if service.deploy_labels:
        result["labels"] = dict(sorted(service.deploy_labels.items()))
    result["resources"] = resources(service.resources)
    result["restart_policy"] = _restart(service)
    if service.mode is not Mode.REPLICATED_JOB:
        # Swarm refuses a job that has them.
        forward = service.rollout
        back = service.rollback or Rollout(
            parallelism=forward.parallelism,
            delay=forward.delay,
            monitor=forward.monitor,
            order=forward.order,
        )
        for key, rollout in (("update_config", forward), ("rollback_config", back)):
            result[key] = {
                "parallelism": rollout.parallelism,
                "delay": duration(rollout.delay),
                "failure_action": rollout.failure_action,
                "monitor": duration(rollout.monitor),
                "max_failure_ratio": rollout.max_failure_ratio,
                "order": order(application, service, rollout, ports, options),
            }
    placed = placement(service, options)
    if placed:
        result["placement"] = placed
    return result


def resources(asked: Resources) -> StackFile:
    """Limits and reservations, with the defaults where nothing is asked."""
    given = filled(asked)
    limits: StackFile = {
        "memory": memory(given.memory_limit or 0),
        "pids": given.pids_limit or DEFAULT_PIDS,
    }
    if given.cpu_limit:
        limits["cpus"] = cpus(given.cpu_limit)
    return {
        "limits": dict(sorted(limits.items())),
        "reservations": {
            "cpus": cpus(given.cpu_reservation or 0.0),
            "memory": memory(given.memory_reservation or 0),
        },
    }


def restart_of(service: Service) -> Restart:
    """When a task starts again: a job that succeeded never does."""
    if service.mode is Mode.REPLICATED_JOB and service.restart.condition == "any":
        return Restart(
            "on-failure",
            service.restart.delay,
            service.restart.max_attempts,
            service.restart.window,
        )
    return service.restart


def _restart(service: Service) -> StackFile:
    restart = restart_of(service)
    result: StackFile = {"condition": restart.condition, "delay": duration(restart.delay)}
    if restart.max_attempts is not None:
        result["max_attempts"] = restart.max_attempts
    if restart.window:
        result["window"] = duration(restart.window)
    return result
