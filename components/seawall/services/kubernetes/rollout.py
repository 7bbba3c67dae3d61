"""How an update proceeds: Compose's ``update_config`` in Kubernetes' numbers.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
"""

import math
from typing import Final

from seawall.services.kubernetes.names import Manifest
from seawall.services.kubernetes.probes import startup_budget
from seawall.services.kubernetes.quantities import seconds
from seawall.services.model import Rollout, Service

PROGRESS_DEADLINE: Final = 600
"""Kubernetes' default, in seconds: a rollout without progress for so long has failed."""

PULL_ALLOWANCE: Final = 120
"""Seconds for scheduling, a new node and pulling the image."""

DRAIN: Final = 15
"""Seconds that a task with a route goes on answering when it is told to go.

The load balancer hears of it at the same moment, and sends requests until it has taken the task out
(https://docs.aws.amazon.com/eks/latest/best-practices/load-balancing.html).
"""

ALL: Final = "100%"


def steps(rollout: Rollout) -> Manifest:
    """``maxSurge`` and ``maxUnavailable``; never both zero, which the API refuses."""
    batch: int | str = rollout.parallelism or ALL
    if rollout.order == "start-first":
        return {"maxSurge": batch, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": batch}


def deployment_strategy(service: Service) -> Manifest:
    """Strategy of a Deployment."""
    return {"type": "RollingUpdate", "rollingUpdate": steps(service.rollout)}


def min_ready_seconds(service: Service) -> int:
    """How long a new task is watched before the next one's turn.

    Swarm first watches (``monitor``), then pauses (``delay``); Kubernetes knows one time for both.
    """
    return seconds(max(service.rollout.delay, service.rollout.monitor), least=0)


def progress_deadline(service: Service) -> int:
    """When a rollout without progress has failed, in seconds; above ``min_ready_seconds``."""
    needed = startup_budget(service) + min_ready_seconds(service) + PULL_ALLOWANCE
    return max(PROGRESS_DEADLINE, needed)


def drain_seconds(service: Service) -> int:
    """How long a task waits for the load balancer before it is stopped; 0 without a route."""
    return DRAIN if service.routes else 0


def stop_seconds(service: Service) -> int:
    """How long a task may take to go: to be taken out of the load balancer, then to stop."""
    return drain_seconds(service) + seconds(service.stop_grace_period, least=0)


def rollout_timeout(service: Service) -> int:
    """How long all of a rollout may take, in seconds: batch after batch."""
    batch = service.rollout.parallelism or max(1, service.replicas)
    batches = max(1, math.ceil(service.replicas / batch))
    each = startup_budget(service) + min_ready_seconds(service) + stop_seconds(service)
    return max(PROGRESS_DEADLINE, PULL_ALLOWANCE + batches * (each + PULL_ALLOWANCE // 4))
