"""Named volumes as claims."""

from seawall.services.kubernetes.names import Manifest, metadata, object_name
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.quantities import memory
from seawall.services.model import Application, MountKind, Service, Volume

SKIP_AWAIT = "pulumi.com/skipAwait"
"""Pulumi does not wait for this object
(https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/).
"""


def named_volumes(service: Service) -> tuple[str, ...]:
    """The named volumes that a service mounts, sorted."""
    return tuple(
        sorted(
            {
                mount.source
                for mount in service.mounts
                if mount.kind is MountKind.VOLUME and mount.source
            }
        )
    )


def users_of(application: Application, volume: str) -> tuple[str, ...]:
    """Names of the services that mount a volume."""
    return tuple(each.name for each in application.services if volume in named_volumes(each))


def volume_of(application: Application, name: str) -> Volume:
    """The volume of that name; one that the Compose file only mentions has every default."""
    return next((each for each in application.volumes if each.name == name), Volume(name))


def claim_name(volume: str) -> str:
    """Name of the PersistentVolumeClaim."""
    return object_name(volume)


def claim(application: Application, volume: Volume, options: Options) -> Manifest:
    """The PersistentVolumeClaim of a volume.

    A claim of its own, not a template of the StatefulSet: so its size can grow, and protection
    from deletion can be put on it. It is bound only when a pod is scheduled
    (``WaitForFirstConsumer``), so nobody waits for it.
    """
    size = volume.size or options.default_volume_size
    annotated = {SKIP_AWAIT: "true"}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(
            claim_name(volume.name),
            options.namespace,
            application.name,
            annotated=annotated,
        ),
        "spec": {
            "accessModes": ["ReadWriteMany" if volume.shared else "ReadWriteOnce"],
            "storageClassName": (
                options.shared_storage_class if volume.shared else options.storage_class
            ),
            "resources": {"requests": {"storage": memory(size)}},
            "volumeMode": "Filesystem",
        },
    }
