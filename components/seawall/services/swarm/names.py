"""Names of objects in the Swarm, all with the stack's name in front. Pure."""

import hashlib
import re
from typing import Final

from seawall.services.model import Network
from seawall.services.swarm.options import Options

NAME_LIMIT: Final = 64
"""Longest name of a secret or config (swarmkit, manager/controlapi/common.go)."""
SERVICE_LIMIT: Final = 63
"""Longest name of a service or network, which is a DNS label (same place)."""


def digest(content: str | bytes, length: int = 12) -> str:
    """A short name for this content: so many hexadecimal digits of its SHA-256."""
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:length]


def versioned(stack: str, name: str, version: str) -> str:
    """Name of a secret or config with this version, such as ``shop_settings-0a1b2c3d4e5f``.

    A name that would be too long is cut, and its own digest tells it from others that are cut.
    """
    full = f"{stack}_{name}-{version}"
    if len(full) <= NAME_LIMIT:
        return full
    mark = digest(name, 8)
    room = NAME_LIMIT - len(f"{stack}_-{mark}-{version}")
    return f"{stack}_{name[:room]}-{mark}-{version}"


def config_object(stack: str, name: str, content: bytes) -> str:
    """Name of a config: by its content, so that the same name is always the same content."""
    return versioned(stack, name, digest(content))


def secret_object(stack: str, name: str, version: int) -> str:
    """Name of a secret: by the version of its parameter.

    Nothing is derived from the value: a hash of it could be tried out.
    """
    return versioned(stack, name, f"v{version}")


def network_object(network: Network, options: Options) -> str:
    """Name of a network, with what cannot be changed later.

    ``docker stack deploy`` never changes a network that exists, so another kind of network must
    have another name. Swarm takes no dots in it.
    """
    kinds = ("-internal" if network.internal else "") + (
        "-encrypted" if network.encrypted or options.encrypted else ""
    )
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", network.name).strip("-_")
    return f"{options.stack}_{name}{kinds}"


def volume_object(volume: str, options: Options) -> str:
    """Name of a volume, with the file system it is on.

    The engine goes on with a volume of the same name whatever its options, so data on another file
    system must have another name.
    """
    place = f".{options.file_system.partition('.')[0]}" if options.file_system else ""
    return f"{options.stack}_{volume}{place}"


def volume_label(volume: str, options: Options) -> str:
    """Label of the node that has the volume, set by a manager when the volume is first used."""
    return f"seawall.volume.{volume_object(volume, options)}"
