"""Health checks as Kubernetes probes.

Docker's defaults and Kubernetes' differ (Kubernetes: timeout 1 s), so every number is written. A
probe of Kubernetes ignores the image's own HEALTHCHECK
(https://kubernetes.io/docs/concepts/workloads/pods/probes/).
"""

from typing import Final

from seawall.services.kubernetes.names import Manifest
from seawall.services.kubernetes.quantities import literal, seconds
from seawall.services.model import Healthcheck, Service

LIVENESS_PATIENCE: Final = 3
"""How many times more failures restart a container than take it out of service.

A container that is slow under load is better left out for a while than restarted.
"""


def startup_budget(service: Service) -> int:
    """How long the service may take to become healthy, in seconds."""
    check = service.healthcheck
    if check is None:
        return 0
    if check.start_period <= 0:
        return seconds(check.interval) * check.retries
    period = seconds(check.start_interval)
    return period * _startup_failures(check, period)


def probes(service: Service) -> Manifest:
    """The container's probes: none without a health check.

    Failures within the start period do not count, and the first success ends it: that is a startup
    probe.
    """
    check = service.healthcheck
    if check is None:
        return {}
    period, timeout = seconds(check.interval), seconds(check.timeout)
    command = {"exec": {"command": [literal(word) for word in check.test]}}
    result: Manifest = {}
    if check.start_period > 0:
        start = seconds(check.start_interval)
        result["startupProbe"] = {
            **command,
            "periodSeconds": start,
            "timeoutSeconds": timeout,
            "failureThreshold": _startup_failures(check, start),
            "successThreshold": 1,
            "initialDelaySeconds": 0,
        }
    regular = {
        **command,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "successThreshold": 1,
        "initialDelaySeconds": 0,
    }
    retries = max(1, check.retries)
    result["readinessProbe"] = {**regular, "failureThreshold": retries}
    result["livenessProbe"] = {**regular, "failureThreshold": retries * LIVENESS_PATIENCE}
    return result


def _startup_failures(check: Healthcheck, period: int) -> int:
    return -(-seconds(check.start_period) // period) + max(1, check.retries)
