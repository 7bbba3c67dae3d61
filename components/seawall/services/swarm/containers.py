"""A service's container as a stack file says it: all but the ``deploy`` section. Pure.

Secure by default as far as Swarm carries it: not root, no capabilities, a read-only root file
system, limits of memory and processes. ``docker stack deploy`` drops ``security_opt``, so that
privileges are not gained is set for all containers of a node (daemon.json: ``no-new-privileges``).
"""

from typing import Final

from seawall.services.model import FileMount, Mount, MountKind, Service
from seawall.services.scratch import DEFAULT_TMPFS, scratch_paths
from seawall.services.swarm.notation import StackFile, duration, literal
from seawall.services.swarm.options import Logging, Options
from seawall.services.swarm.ports import NodePort, ports_of
from seawall.services.users import user_of

AWSLOGS_BUFFER: Final = "4m"
"""What a container may be ahead of CloudWatch before lines are lost; it is never blocked."""

START_INTERVAL: Final = 5.0
"""Docker's own time between checks in the start period, in seconds; only others are written.

The key came with schema 3.12 and engine 25, and an older engine refuses it.
"""


def container(service: Service, ports: tuple[NodePort, ...], options: Options) -> StackFile:
    """The container of a service."""
    result: StackFile = {"image": options.images[service.name]}
    if service.hostname:
        result["hostname"] = literal(service.hostname)
    if service.entrypoint:
        result["entrypoint"] = list(service.entrypoint)
    if service.command:
        result["command"] = list(service.command)
    if service.environment:
        result["environment"] = {
            key: literal(value) for key, value in sorted(service.environment.items())
        }
    user = user_of(service)
    if user is not None:
        result["user"] = str(user)
    if service.working_dir:
        result["working_dir"] = service.working_dir
    for key, asked in (
        ("init", service.init),
        ("tty", service.tty),
        ("stdin_open", service.stdin_open),
        ("read_only", service.read_only is not False),
    ):
        if asked:
            result[key] = True
    if service.cap_add:
        result["cap_add"] = sorted(service.cap_add)
    result["cap_drop"] = ["ALL"]
    if service.sysctls:
        result["sysctls"] = dict(sorted(service.sysctls.items()))
    if service.ulimits:
        result["ulimits"] = {
            limit.name: {"soft": limit.soft, "hard": limit.hard} for limit in service.ulimits
        }
    if service.extra_hosts:
        result["extra_hosts"] = [
            f"{host}:{address}" for host, address in sorted(service.extra_hosts.items())
        ]
    if service.labels:
        result["labels"] = dict(sorted(service.labels.items()))
    result["networks"] = {
        membership.network: {"aliases": list(membership.aliases)} if membership.aliases else {}
        for membership in service.networks
    }
    published = [_port(port) for port in ports_of(ports, service)]
    if published:
        result["ports"] = published
    mounts = _mounts(service)
    if mounts:
        result["volumes"] = mounts
    for key, files in (("configs", service.configs), ("secrets", service.secrets)):
        if files:
            result[key] = [_file(file, service) for file in files]
    result |= _healthcheck(service)
    if service.stop_signal:
        result["stop_signal"] = service.stop_signal
    result["stop_grace_period"] = duration(service.stop_grace_period)
    result["logging"] = logging(options.logging)
    return result


def logging(wanted: Logging) -> StackFile:
    """Where a container's output goes."""
    if not wanted.group:
        return {
            "driver": "json-file",
            "options": {"max-size": f"{wanted.file_size}m", "max-file": str(wanted.files)},
        }
    return {
        "driver": "awslogs",
        "options": {
            "awslogs-region": wanted.region,
            "awslogs-group": wanted.group,
            "tag": "{{.Name}}/{{.ID}}",
            "mode": "non-blocking",
            "max-buffer-size": AWSLOGS_BUFFER,
        },
    }


def _port(port: NodePort) -> StackFile:
    return {
        "target": port.target,
        "published": port.number,
        "protocol": port.protocol,
        "mode": "host",
    }


def _mounts(service: Service) -> list[StackFile]:
    """Volumes and tmpfs. The short form of ``tmpfs`` would be dropped without a word."""
    found = [_mount(mount) for mount in service.mounts]
    if service.shm_size:
        found.append(_tmpfs("/dev/shm", service.shm_size))  # noqa: S108  # the container's
    taken = [
        *(str(mount["target"]) for mount in found),
        *(file.target for file in (*service.secrets, *service.configs)),
    ]
    found += [_tmpfs(path, DEFAULT_TMPFS) for path in scratch_paths(service, taken)]
    return sorted(found, key=lambda mount: str(mount["target"]))


def _mount(mount: Mount) -> StackFile:
    result: StackFile = {"type": mount.kind.value, "target": literal(mount.target)}
    if mount.kind is MountKind.TMPFS:
        result["tmpfs"] = {"size": mount.size or DEFAULT_TMPFS}
    if mount.source:
        result["source"] = mount.source
    if mount.nocopy:
        result["volume"] = {"nocopy": True}
    if mount.read_only:
        result["read_only"] = True
    return result


def _tmpfs(target: str, size: int) -> StackFile:
    return {"type": "tmpfs", "target": literal(target), "tmpfs": {"size": size}}


def _file(file: FileMount, service: Service) -> StackFile:
    """A secret or config as a file of the service's own user, unless another is named."""
    user = user_of(service)
    owner, group = ("", "") if user is None else user.owner
    result: StackFile = {"source": file.source, "target": file.target, "mode": file.mode}
    if file.uid or owner:
        result["uid"] = file.uid or owner
    if file.gid or group:
        result["gid"] = file.gid or group
    return result


def _healthcheck(service: Service) -> StackFile:
    check = service.healthcheck
    if check is None:
        return {"healthcheck": {"disable": True}} if service.unchecked else {}
    result: StackFile = {
        "test": ["CMD", *check.test],
        "interval": duration(check.interval),
        "timeout": duration(check.timeout),
        "retries": check.retries,
        "start_period": duration(check.start_period),
    }
    if check.start_interval != START_INTERVAL:
        result["start_interval"] = duration(check.start_interval)
    return {"healthcheck": result}
