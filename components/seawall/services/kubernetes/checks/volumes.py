"""Volumes: an EBS volume belongs to one node, so to one task of one service."""

from collections.abc import Iterator

from seawall.errors import Problem
from seawall.services.kubernetes.storage import named_volumes, users_of, volume_of
from seawall.services.model import Application, Mode, Service


def check_volumes(application: Application, *, shared_storage: bool) -> Iterator[Problem]:
    """Volumes that no storage here could serve."""
    for name in sorted({v for service in application.services for v in named_volumes(service)}):
        volume = volume_of(application, name)
        path = f"volumes.{name}"
        if volume.external:
            yield Problem(
                "",
                f"{path}.external",
                f"the volume '{name}' is said to exist, but the application's namespace is new.",
                "Remove external: true, and restore the data into the new volume.",
            )
        if volume.shared:
            if not shared_storage:
                yield Problem(
                    "",
                    f"{path}.x-seawall.shared",
                    f"the volume '{name}' is shared, and there is no storage class for that.",
                    "Remove shared: true; a volume belongs to one task of one service.",
                )
            continue
        users = users_of(application, name)
        if len(users) > 1:
            yield Problem(
                "",
                path,
                f"the services {' and '.join(users)} mount the volume '{name}', which is an EBS "
                f"volume and belongs to one node.",
                "Give each service a volume of its own.",
            )
        for user in users:
            yield from _owner(application.service(user), name)


def _owner(service: Service, volume: str) -> Iterator[Problem]:
    """A volume that is one EBS volume has one task."""
    if service.mode is Mode.GLOBAL or service.replicas > 1:
        count = "one on each node" if service.mode is Mode.GLOBAL else str(service.replicas)
        yield Problem(
            "",
            f"services.{service.name}.deploy.replicas",
            f"the tasks ({count}) would write to the volume '{volume}' at once, which belongs to "
            f"one node.",
            "Set replicas to 1, or keep the data elsewhere.",
        )
