"""Renew the login of the image registry in each service that pulls from it.

A login of ECR lasts twelve hours and travels in the service; without a renewal a task that is moved
to another node later cannot pull its image. A change of the login alone restarts no task.
"""

from __future__ import annotations

from seawall_node.boot import Node as Here
from seawall_node.cloud import Cloud


def refresh_login(here: Here, cloud: Cloud) -> int:
    """Renew the login of every service with an image of the platform's registry; how many."""
    registry = here.config.registry
    services = [
        service
        for service in here.engine.services()
        if service["Spec"]["TaskTemplate"]
        .get("ContainerSpec", {})
        .get("Image", "")
        .startswith(registry + "/")
    ]
    if not services:
        return 0
    user, password = cloud.registry_login()
    login = {"username": user, "password": password, "serveraddress": registry}
    for service in services:
        # One that changes meanwhile gets its login by that change, or by the next renewal.
        if not here.engine.service_update(service, service["Spec"], login):
            here.log("login-skipped", service=service["Spec"]["Name"])
    here.log("login-renewed", services=len(services))
    return len(services)
