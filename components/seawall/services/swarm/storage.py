"""Named volumes, and where their services must run. Pure."""

from typing import Final

from seawall.services.model import Application, MountKind, Service, Volume
from seawall.services.swarm.names import volume_label, volume_object
from seawall.services.swarm.notation import StackFile
from seawall.services.swarm.options import Options, Storage

NFS_OPTIONS: Final = "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"
"""What AWS asks for (https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-nfs-mount-settings.html).
"""


def named_volumes(service: Service) -> tuple[str, ...]:
    """Names of the volumes that a service mounts, sorted."""
    return tuple(
        sorted(
            {
                mount.source
                for mount in service.mounts
                if mount.kind is MountKind.VOLUME and mount.source
            }
        )
    )


def volume_of(application: Application, name: str) -> Volume:
    """The volume of that name, also where the application only mounts it."""
    return next((each for each in application.volumes if each.name == name), Volume(name))


def owns_volume(application: Application, service: Service) -> bool:
    """Whether the service has a volume that two of its tasks must not write to at once."""
    return any(not volume_of(application, name).shared for name in named_volumes(service))


def volumes(application: Application, options: Options) -> StackFile:
    """The volumes that services mount."""
    used = {name for service in application.services for name in named_volumes(service)}
    return {name: _volume(name, options) for name in sorted(used)}


def volume_path(volume: str, options: Options) -> str:
    """Directory of a volume on the file system."""
    return f"/{options.stack}/{volume}"


def pins(service: Service, options: Options) -> list[str]:
    """Constraints that keep a service at its volumes."""
    if options.storage is not Storage.NODE:
        return []
    return [f"node.labels.{volume_label(name, options)} == true" for name in named_volumes(service)]


def _volume(name: str, options: Options) -> StackFile:
    result: StackFile = {"name": volume_object(name, options), "driver": "local"}
    if options.storage is Storage.EFS:
        result["driver_opts"] = {
            "type": "nfs",
            "o": f"addr={options.file_system},{NFS_OPTIONS}",
            "device": f":{volume_path(name, options)}",
        }
    return result
