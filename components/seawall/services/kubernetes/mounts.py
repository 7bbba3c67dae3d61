"""What a container sees of volumes, temporary directories, secrets and configs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, final

from seawall.services.kubernetes.names import Manifest, object_name, path_name
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.quantities import memory
from seawall.services.kubernetes.storage import claim_name
from seawall.services.model import FileMount, Mount, MountKind, Service
from seawall.services.scratch import DEFAULT_TMPFS, scratch_paths

DATA: Final = "data"
"""Directory of a volume that holds the data.

A fresh ext4 file system has ``lost+found`` at its root, in which databases refuse to start.
"""

_SEED_MOUNT: Final = "/seawall-volume"
_SEED: Final = (
    'set -eu; if [ -d "$2" ]; then exit 0; fi; '
    'mkdir -p "${2%/*}"; rm -rf "$2.new"; mkdir "$2.new"; '
    'if [ -d "$1" ]; then cp -a "$1/." "$2.new/"; fi; mv "$2.new" "$2"'
)


@final
@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume of the pod and where the container sees it."""

    volume: Manifest
    mount: Manifest
    seeded: bool = False
    """Filled from the image before the first start, as Docker fills a new volume."""


def mounts(service: Service, options: Options) -> tuple[Mounted, ...]:
    """All of a service's mounts, by path in the container.

    Directories that the service must be able to write to although its root file system is
    read-only are added: ``/tmp``, and those that the official image is known to write to.
    """
    found = [
        *(_mount(mount) for mount in service.mounts),
        *_files(service, options),
        *_shared_memory(service),
    ]
    taken = [str(each.mount["mountPath"]) for each in found]
    found += [_scratch(path) for path in scratch_paths(service, taken)]
    return tuple(sorted(found, key=lambda each: str(each.mount["mountPath"])))


def pod_volumes(mounted: tuple[Mounted, ...]) -> list[Manifest]:
    """The pod's volumes, each once: two mounts may show parts of one."""
    return list({each.volume["name"]: each.volume for each in mounted}.values())


def seed_containers(
    image: object,
    mounted: tuple[Mounted, ...],
    shared: Manifest,
) -> list[Manifest]:
    """Init containers that fill new volumes from the image, as Docker does and Kubernetes does not.

    They run the service's own image, as its own user, so that what they make belongs to it. The
    copy appears under its name only when it is complete.
    """
    return [
        {
            "name": path_name("seed", each.mount["mountPath"]),
            "image": image,
            "command": ["/bin/sh", "-c", _SEED, "seed"],
            "args": [each.mount["mountPath"], f"{_SEED_MOUNT}/{each.mount['subPath']}"],
            "volumeMounts": [{"name": each.volume["name"], "mountPath": _SEED_MOUNT}],
            **shared,
        }
        for each in mounted
        if each.seeded
    ]


def _mount(mount: Mount) -> Mounted:
    if mount.kind is MountKind.TMPFS:
        limit = memory(mount.size or DEFAULT_TMPFS)
        name = path_name("tmpfs", mount.target)
        source: Manifest = {"emptyDir": {"medium": "Memory", "sizeLimit": limit}}
        return Mounted({"name": name, **source}, {"name": name, "mountPath": mount.target})
    if mount.kind is MountKind.BIND:
        name = path_name("host", mount.target)
        shown: Manifest = {"name": name, "mountPath": mount.target}
        if mount.read_only:
            shown["readOnly"] = True
        return Mounted({"name": name, "hostPath": {"path": mount.source}}, shown)
    if mount.source:
        claim = claim_name(mount.source)
        name = f"volume-{object_name(mount.source)}"
        source = {"persistentVolumeClaim": {"claimName": claim}}
    else:
        name = path_name("volume", mount.target)
        source = {"emptyDir": {}}
    path = str(PurePosixPath(DATA, mount.subpath)) if mount.subpath else DATA
    shown = {"name": name, "mountPath": mount.target, "subPath": path}
    if mount.read_only:
        shown["readOnly"] = True
    return Mounted(
        {"name": name, **source},
        shown,
        seeded=not (mount.nocopy or mount.read_only),
    )


def _files(service: Service, options: Options) -> Iterator[Mounted]:
    for file in service.secrets:
        yield _file("secret", file, {"secretName": options.secret_names[file.source]})
    for file in service.configs:
        yield _file("config", file, {"name": options.config_names[file.source]})


def _file(kind: str, file: FileMount, source: Manifest) -> Mounted:
    # One file is mounted at a time, so that nothing else in its directory is hidden.
    name = f"{kind}-{object_name(file.source)}-{file.mode:o}"
    key = "secret" if kind == "secret" else "configMap"
    volume = {
        "name": name,
        key: {
            **source,
            "defaultMode": file.mode,
            "items": [{"key": file.source, "path": file.source}],
        },
    }
    mount = {"name": name, "mountPath": file.target, "subPath": file.source, "readOnly": True}
    return Mounted(volume, mount)


def _shared_memory(service: Service) -> Iterator[Mounted]:
    if service.shm_size:
        limit = memory(service.shm_size)
        volume: Manifest = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": limit}}
        yield Mounted(volume, {"name": "shm", "mountPath": "/dev/shm"})  # noqa: S108  # the container's


def _scratch(path: str) -> Mounted:
    name = path_name("scratch", path)
    volume: Manifest = {"name": name, "emptyDir": {"sizeLimit": memory(DEFAULT_TMPFS)}}
    return Mounted(volume, {"name": name, "mountPath": path})
