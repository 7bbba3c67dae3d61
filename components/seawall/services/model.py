"""The application that a Compose file describes.

Frozen, complete, free of Compose's many spellings.

Units are fixed: seconds, bytes, CPU cores. The loader resolves interpolation, ``extends``,
``include``, profiles, ``env_file`` and short syntax; both targets (Kubernetes, Swarm) render from
these values alone. Key names follow the Compose specification (https://github.com/compose-
spec/compose-spec).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import final


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


class Mode(StrEnum):
    """How many tasks a service has: a number, or one on each node; or a job that ends."""

    REPLICATED = "replicated"
    GLOBAL = "global"
    REPLICATED_JOB = "replicated-job"


class MountKind(StrEnum):
    """What a mount shows."""

    VOLUME = "volume"
    BIND = "bind"
    TMPFS = "tmpfs"


class Condition(StrEnum):
    """What a service waits for in another one."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@final
@dataclass(frozen=True, slots=True)
class Build:
    """Where an image is built from. ``context`` and ``dockerfile`` are absolute paths."""

    context: Path
    dockerfile: Path
    target: str = ""
    args: Mapping[str, str] = field(default_factory=_none)


@final
@dataclass(frozen=True, slots=True)
class Port:
    """A container port. ``published`` is None for a port that only other services reach."""

    target: int
    protocol: str = "tcp"
    published: int | None = None
    host_ip: str = ""
    host_mode: bool = False
    name: str = ""
    app_protocol: str = ""


@final
@dataclass(frozen=True, slots=True)
class Healthcheck:
    """A command that says whether a container is healthy.

    ``test`` is an argv; a shell is spelled out.

    Docker's defaults: interval 30 s, timeout 30 s, 3 retries, start period 0 s, start interval 5 s.
    """

    test: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0
    start_interval: float = 5.0


@final
@dataclass(frozen=True, slots=True)
class Mount:
    """A volume, bind mount or tmpfs inside a container."""

    kind: MountKind
    target: str
    source: str = ""
    """Name of the volume (empty: anonymous), or the absolute host path of a bind mount."""
    read_only: bool = False
    subpath: str = ""
    size: int | None = None
    """Size limit of a tmpfs, in bytes."""
    nocopy: bool = False
    """A new volume is not filled with what the image has at the target."""


@final
@dataclass(frozen=True, slots=True)
class FileMount:
    """A secret or config as a file.

    ``source`` names the top-level entry; ``mode`` is octal's value.
    """

    source: str
    target: str
    """Absolute path in the container: ``/run/secrets/<name>`` or ``/<name>`` unless given."""
    mode: int = 0o444
    uid: str = ""
    gid: str = ""


@final
@dataclass(frozen=True, slots=True)
class Membership:
    """A service in a network."""

    network: str
    aliases: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Resources:
    """Limits and reservations of one task. None: not given."""

    cpu_limit: float | None = None
    cpu_reservation: float | None = None
    memory_limit: int | None = None
    memory_reservation: int | None = None
    pids_limit: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Rollout:
    """How an update proceeds. ``parallelism`` 0: all at once."""

    parallelism: int = 1
    delay: float = 0.0
    monitor: float = 5.0
    order: str = "stop-first"
    failure_action: str = "pause"
    max_failure_ratio: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Restart:
    """When an ended task starts again: ``none``, ``on-failure`` or ``any``."""

    condition: str = "any"
    delay: float = 5.0
    max_attempts: int | None = None
    window: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Placement:
    """Where tasks may run, in Compose's own terms such as ``node.platform.arch == x86_64``."""

    constraints: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    max_replicas_per_node: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Route:
    """A path of the public entry that leads to this service (its ``x-seawall.ingress``)."""

    path: str
    port: int
    """The container port that takes the requests."""
    host: str = ""
    """A host name of its own; empty: the platform's."""
    health_path: str = ""
    """What the load balancer asks for to see whether a task is healthy (``health`` of the route).

    Empty: what the service's own health check asks for at that port, or else the shortest path.
    """


@final
@dataclass(frozen=True, slots=True, order=True)
class Ulimit:
    """A limit of each process, such as ``nofile``. -1: none."""

    name: str
    soft: int
    hard: int


@final
@dataclass(frozen=True, slots=True)
class Service:
    """One service of the Compose file."""

    name: str
    image: str = ""
    build: Build | None = None
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=_none)
    labels: Mapping[str, str] = field(default_factory=_none)
    deploy_labels: Mapping[str, str] = field(default_factory=_none)
    ports: tuple[Port, ...] = ()
    """Published ports and ``expose`` together, by target, then protocol."""
    networks: tuple[Membership, ...] = ()
    mounts: tuple[Mount, ...] = ()
    secrets: tuple[FileMount, ...] = ()
    configs: tuple[FileMount, ...] = ()
    routes: tuple[Route, ...] = ()
    depends_on: Mapping[str, Condition] = field(
        default_factory=lambda: MappingProxyType(dict[str, Condition]()),
    )
    healthcheck: Healthcheck | None = None
    unchecked: bool = False
    """The image's own health check is switched off too (``healthcheck.disable``)."""
    mode: Mode = Mode.REPLICATED
    replicas: int = 1
    resources: Resources = Resources()
    rollout: Rollout = Rollout()
    rollback: Rollout | None = None
    restart: Restart = Restart()
    placement: Placement = Placement()
    user: str = ""
    working_dir: str = ""
    hostname: str = ""
    read_only: bool | None = None
    """None: not said; the safe default is read-only."""
    cap_add: tuple[str, ...] = ()
    """Upper case, without ``CAP_``."""
    cap_drop: tuple[str, ...] = ()
    no_new_privileges: bool = False
    sysctls: Mapping[str, str] = field(default_factory=_none)
    extra_hosts: Mapping[str, str] = field(default_factory=_none)
    ulimits: tuple[Ulimit, ...] = ()
    """By name."""
    shm_size: int | None = None
    init: bool = False
    tty: bool = False
    stdin_open: bool = False
    stop_grace_period: float = 10.0
    stop_signal: str = ""
    pull_policy: str = ""
    platform: str = ""
    headless: bool = False
    """``endpoint_mode: dnsrr``: names resolve to the tasks, not to one virtual address."""
    node_ports: Mapping[tuple[int, str], int] = field(
        default_factory=lambda: MappingProxyType(dict[tuple[int, str], int]()),
    )
    """Port of a Swarm's node by container port and protocol (``x-seawall.nodePorts``), instead of
    the one that the platform would take."""


@final
@dataclass(frozen=True, slots=True)
class Network:
    """A network of the application. Services that share none have no path to each other."""

    name: str
    internal: bool = False
    """No way out of the platform."""
    encrypted: bool = False
    external: bool = False


@final
@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume. ``size`` in bytes from ``x-seawall.size``; None: the platform's default."""

    name: str
    external: bool = False
    driver: str = ""
    size: int | None = None
    shared: bool = False
    """Several tasks write at once (``x-seawall.shared``)."""


@final
@dataclass(frozen=True, slots=True)
class FileSource:
    """A top-level secret or config.

    Exactly one of ``file``, ``environment``, ``content``, ``external``.

    A value is never read into the model: the program reads it when it makes the resource.
    """

    name: str
    file: Path | None = None
    environment: str = ""
    content: str | None = None
    external: bool = False
    external_name: str = ""


class Fate(StrEnum):
    """What becomes of a key of the Compose file that a target does not take as it is."""

    APPROXIMATED = "approximated"
    IGNORED = "ignored"
    """Has no meaning on a cluster (``container_name``) or is done by other means (``logging``)."""


@final
@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A key that does not carry over as it is, and why.

    What would change security or data is refused.
    """

    path: str
    fate: Fate
    why: str


@final
@dataclass(frozen=True, slots=True)
class Application:
    """All of a Compose file, resolved. Every tuple is sorted by name unless order has a meaning."""

    name: str
    services: tuple[Service, ...]
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    secrets: tuple[FileSource, ...] = ()
    configs: tuple[FileSource, ...] = ()
    notes: tuple[Note, ...] = ()

    def service(self, name: str) -> Service:
        """The service of that name. Raises ``KeyError``."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def peers(self, service: Service) -> tuple[Service, ...]:
        """The other services that share a network with this one."""
        mine = {membership.network for membership in service.networks}
        return tuple(
            other
            for other in self.services
            if other.name != service.name
            and any(membership.network in mine for membership in other.networks)
        )
