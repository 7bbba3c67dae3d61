"""What of an application Kubernetes takes only nearly, or not at all. Pure.

The loader accounts for each key of the Compose file; these notes account for what the model holds
and a Kubernetes object cannot say. What would change security or data is refused by ``checks``.
"""

from collections.abc import Iterator

from seawall.services.model import Application, Fate, Note, Restart, Rollout, Service


def kubernetes_notes(application: Application) -> tuple[Note, ...]:
    """The notes on all services, sorted."""
    return tuple(sorted(note for service in application.services for note in _of(service)))


def _of(service: Service) -> Iterator[Note]:
    path = f"services.{service.name}"
    yield from _rollout(service.rollout, f"{path}.deploy.update_config")
    if service.rollback is not None:
        why = "A Deployment goes back the way it goes forward: by update_config."
        yield Note(f"{path}.deploy.rollback_config", Fate.IGNORED, why)
    if service.stop_signal:
        why = "Kubernetes sends the signal that the image names, SIGTERM if none."
        yield Note(f"{path}.stop_signal", Fate.IGNORED, why)
    if service.init:
        why = "A pod has no init process; the image must bring one, or reap its own children."
        yield Note(f"{path}.init", Fate.IGNORED, why)
    if service.ulimits:
        why = "The limits of a container's processes are the node's."
        yield Note(f"{path}.ulimits", Fate.IGNORED, why)
    if service.node_ports:
        why = "Pods have addresses of their own; only Docker Swarm takes ports of nodes."
        yield Note(f"{path}.x-seawall.nodePorts", Fate.IGNORED, why)
    if service.resources.pids_limit is not None:
        why = "The kubelet limits processes for a whole node, not for a pod."
        yield Note(f"{path}.deploy.resources.limits.pids", Fate.IGNORED, why)
    if service.restart.window or service.restart.delay != Restart().delay:
        why = "The kubelet waits longer after each failure, up to five minutes, by its own rule."
        yield Note(f"{path}.deploy.restart_policy", Fate.APPROXIMATED, why)
    for key, files in (("secrets", service.secrets), ("configs", service.configs)):
        for file in files:
            if file.uid or file.gid:
                why = "A mounted file belongs to root and the pod's group; its mode stands."
                yield Note(f"{path}.{key}.{file.source}", Fate.APPROXIMATED, why)


def _rollout(rollout: Rollout, path: str) -> Iterator[Note]:
    if rollout.failure_action == "rollback":
        why = "A failed rollout stops and the old tasks go on; go back by the earlier release."
        yield Note(f"{path}.failure_action", Fate.APPROXIMATED, why)
    if rollout.failure_action == "continue":
        why = "A rollout that fails always stops."
        yield Note(f"{path}.failure_action", Fate.IGNORED, why)
    if rollout.max_failure_ratio:
        why = "One task that does not become ready stops the rollout."
        yield Note(f"{path}.max_failure_ratio", Fate.IGNORED, why)
    if rollout.delay:
        why = "Watching and waiting are one time in Kubernetes: the longer of monitor and delay."
        yield Note(f"{path}.delay", Fate.APPROXIMATED, why)
