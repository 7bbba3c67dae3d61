"""What the renderer needs besides the application."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import final


class Storage(StrEnum):
    """Where named volumes are."""

    ENGINE = "engine"
    """On the one engine there is: a laptop."""
    NODE = "node"
    """On the disk of one node each, to which the service is bound; they end with that node."""
    EFS = "efs"
    """On an EFS file system, which every node mounts by NFS."""


@final
@dataclass(frozen=True, slots=True)
class FileObject:
    """A secret or config in the Swarm. Both are immutable there, so a new value has a new name."""

    name: str
    """Name of the object."""
    file: str = ""
    """File that the docker client makes it from; empty: it is there before the deployment."""


@final
@dataclass(frozen=True, slots=True)
class Logging:
    """Where the output of containers goes.

    With a log group of CloudWatch: there, without ever blocking a container. Without one: to files
    of the node, rotated.
    """

    group: str = ""
    """Name of the log group; empty: files of the node."""
    region: str = ""
    """Region of the log group."""
    file_size: int = 10
    """MiB of one file."""
    files: int = 3
    """How many files are kept for a container."""


@final
@dataclass(frozen=True, slots=True)
class Options:
    """Where and how the application is rendered."""

    stack: str
    """Name of the stack: prefix of everything that is made for it."""
    images: Mapping[str, str]
    """Image reference by service, fixed: by digest or by a tag that never moves."""
    secrets: Mapping[str, FileObject]
    """Object in the Swarm by secret of the Compose file."""
    configs: Mapping[str, FileObject]
    """Object in the Swarm by config of the Compose file."""
    storage: Storage | None = None
    """Where named volumes are. None: nowhere, and they are refused."""
    file_system: str = ""
    """DNS name of the EFS file system, such as fs-0123.efs.eu-central-1.amazonaws.com."""
    nodes: int | None = None
    """How many nodes run tasks at least. None: not known, and taken as enough."""
    logging: Logging = Logging()
    encrypted: bool = False
    """Encrypts every overlay network between the nodes (IPsec ESP)."""
    dnsrr: bool = False
    """Names resolve to tasks instead of virtual addresses, for kernels without IP_VS."""
    laptop: bool = False
    """One engine that is manager and worker, without load balancer and agent."""
