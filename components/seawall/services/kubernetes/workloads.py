"""A service's workload: Deployment, StatefulSet, DaemonSet or Job. Never a bare Pod."""

from typing import Final

from seawall.services.kubernetes.names import Manifest, annotations, metadata, selector
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.pods import pod_template
from seawall.services.kubernetes.rollout import (
    deployment_strategy,
    min_ready_seconds,
    progress_deadline,
    steps,
)
from seawall.services.kubernetes.storage import SKIP_AWAIT, named_volumes, volume_of
from seawall.services.model import Application, Condition, Mode, Service

REVISIONS_KEPT: Final = 5
"""How many earlier versions stay for a manual roll-back."""

BACKOFF_LIMIT: Final = 6
"""Kubernetes' default: how often a job is tried again."""


def workload_kind(application: Application, service: Service) -> str:
    """Which kind of object runs the service.

    A job where it ends by itself; one that owns a volume is a StatefulSet, which never runs two
    pods at once on it, also when a node is lost.
    """
    if is_job(application, service):
        return "Job"
    if service.mode is Mode.GLOBAL:
        return "DaemonSet"
    owned = (volume_of(application, name) for name in named_volumes(service))
    return "StatefulSet" if any(not volume.shared for volume in owned) else "Deployment"


def is_job(application: Application, service: Service) -> bool:
    """Whether the service ends by itself.

    It does if it is a job by mode, if others wait for it to complete, or if it is not restarted on
    success and neither listens nor has a health check: a server that is only restarted on failure
    is still a server.
    """
    if service.mode is not Mode.REPLICATED:
        return service.mode is Mode.REPLICATED_JOB
    if is_awaited(application, service):
        return True
    lasting = service.ports or service.routes or service.healthcheck is not None
    return not lasting and service.restart.condition in {"none", "on-failure"}


def is_awaited(application: Application, service: Service) -> bool:
    """Whether others start only when this service has completed."""
    return any(
        other.depends_on.get(service.name) is Condition.COMPLETED for other in application.services
    )


def workload(application: Application, service: Service, options: Options) -> Manifest:
    """The workload of a service."""
    kind = workload_kind(application, service)
    spec = {
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "Job": _job,
    }[kind](application, service, options)
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": metadata(
            service.name,
            options.namespace,
            application.name,
            service.name,
            {**annotations(service.deploy_labels), **_waiting(application, service, kind)},
        ),
        "spec": spec,
    }


def disruption_budget(
    application: Application, service: Service, options: Options
) -> Manifest | None:
    """Keeps all but one task running while nodes are drained; None for a single task.

    A task that is not healthy does not keep a node from being drained
    (https://kubernetes.io/docs/tasks/run-application/configure-pdb/).
    """
    if workload_kind(application, service) != "Deployment" or service.replicas < 2:
        return None
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(service.name, options.namespace, application.name, service.name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(service.name)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _waiting(application: Application, service: Service, kind: str) -> Manifest:
    """Whether Pulumi waits for a job to complete.

    Not for one that is restarted on failure and for which nobody waits: it may be a worker that
    never ends.
    """
    ends = service.mode is Mode.REPLICATED_JOB or service.restart.condition == "none"
    if kind != "Job" or ends or is_awaited(application, service):
        return {}
    return {SKIP_AWAIT: "true"}


def _deployment(application: Application, service: Service, options: Options) -> Manifest:
    return {
        "replicas": service.replicas,
        "selector": {"matchLabels": selector(service.name)},
        "strategy": deployment_strategy(service),
        "minReadySeconds": min_ready_seconds(service),
        "progressDeadlineSeconds": progress_deadline(service),
        "revisionHistoryLimit": REVISIONS_KEPT,
        "template": pod_template(application, service, options),
    }


def _stateful_set(application: Application, service: Service, options: Options) -> Manifest:
    return {
        "replicas": service.replicas,
        "serviceName": service.name,
        "selector": {"matchLabels": selector(service.name)},
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        "minReadySeconds": min_ready_seconds(service),
        "revisionHistoryLimit": REVISIONS_KEPT,
        "template": pod_template(application, service, options),
    }


def _daemon_set(application: Application, service: Service, options: Options) -> Manifest:
    return {
        "selector": {"matchLabels": selector(service.name)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": steps(service.rollout)},
        "minReadySeconds": min_ready_seconds(service),
        "revisionHistoryLimit": REVISIONS_KEPT,
        "template": pod_template(application, service, options),
    }


def _job(application: Application, service: Service, options: Options) -> Manifest:
    condition, attempts = service.restart.condition, service.restart.max_attempts
    again = condition != "none"
    limit = (BACKOFF_LIMIT if attempts is None else attempts) if again else 0
    spec: Manifest = {
        "backoffLimit": limit,
        "template": pod_template(
            application, service, options, "OnFailure" if again else "Never", probed=False
        ),
    }
    if service.replicas == 0:
        # A job needs a completion to be one; it waits until it is scaled up.
        return {"parallelism": 1, "completions": 1, "suspend": True, **spec}
    return {"parallelism": service.replicas, "completions": service.replicas, **spec}
