"""Volumes whose data would be lost, or that no storage here could serve."""

from collections.abc import Iterator

from seawall.errors import Problem
from seawall.services.model import Application, Mode, Service
from seawall.services.swarm.options import Options, Storage
from seawall.services.swarm.storage import named_volumes, volume_of


def check_volumes(application: Application, options: Options) -> Iterator[Problem]:
    """Every volume that a service mounts."""
    users: dict[str, list[Service]] = {}
    for service in application.services:
        for name in named_volumes(service):
            users.setdefault(name, []).append(service)
    for name in sorted(users):
        volume = volume_of(application, name)
        path = f"volumes.{name}"
        if volume.driver:
            yield Problem(
                "",
                f"{path}.driver",
                f"the driver '{volume.driver}' is not on the nodes.",
                "Remove the key.",
            )
        if volume.external:
            yield Problem(
                "",
                f"{path}.external",
                f"the volume '{name}' is said to exist, and would be empty on a new node.",
                "Remove external: true, and restore the data into the new volume.",
            )
        if options.storage is None:
            yield Problem(
                "",
                path,
                f"the volume '{name}' would be on the disk of whichever node runs a task, and "
                "empty again on the next one.",
                "Give the cluster a file system (EFS), or choose volumes on one node each.",
            )
        many = [
            service.name
            for service in users[name]
            if service.mode is Mode.GLOBAL or service.replicas > 1
        ]
        if volume.shared and options.storage is not Storage.NODE:
            continue
        if volume.shared:
            yield Problem(
                "",
                f"{path}.x-seawall.shared",
                f"the volume '{name}' is shared, but is on the disk of one node.",
                "Remove shared: true, or give the cluster a file system (EFS).",
            )
        if len(users[name]) > 1:
            yield Problem(
                "",
                path,
                f"the services {' and '.join(sorted(s.name for s in users[name]))} mount the "
                f"volume '{name}', which belongs to one of them.",
                "Give each service a volume of its own, or set x-seawall.shared: true.",
            )
        for service in many:
            yield Problem(
                "",
                f"services.{service}.deploy.replicas",
                f"several tasks would write to the volume '{name}' at once.",
                "Keep to one task, or set x-seawall.shared: true.",
            )
