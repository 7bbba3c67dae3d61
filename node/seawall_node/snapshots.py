"""Snapshots of a manager's state: an archive and what is known of it, in S3.

``backups/<name>.tar.gz`` is /var/lib/docker/swarm, keys included: whoever has it, and the unlock
key, has the swarm. ``backups/<name>.json`` tells what it is.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seawall_node.aws import Clients, calling
from seawall_node.errors import AgentError

PREFIX = "backups/"
_SKIPPED = ("lost+found", "seawall-attempt.json")


@dataclass(frozen=True)
class Snapshot:
    """What is known of a snapshot."""

    name: str
    cluster_id: str
    node_id: str
    slot: str
    address: str
    engine: str
    taken_at: float
    services: int
    """How many services the swarm had: a restore is checked by it."""
    sha256: str
    unlock_key_version: str | None
    """Version of the secret whose key opens it; None without autolock."""


def pack(directory: Path, archive: Path) -> None:
    """Write ``directory`` into a compressed archive."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for entry in sorted(directory.iterdir()):
            if entry.name not in _SKIPPED:
                tar.add(entry, arcname=entry.name)


def unpack(archive: Path, directory: Path) -> None:
    """Lay the content of an archive, which is of our own making, into an empty directory."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar.getmembers():
            parts = Path(member.name).parts
            if (
                member.name.startswith("/")
                or ".." in parts
                or not (member.isfile() or member.isdir())
            ):
                raise AgentError(
                    f"The archive holds {member.name!r}, which no backup of ours does."
                )
        tar.extractall(directory)  # noqa: S202  # each member was looked at


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


class Snapshots:
    """The snapshots in the platform's bucket. Raises ``CloudError``."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def store(self, snapshot: Snapshot, archive: Path) -> None:
        """Upload an archive, then what is known of it: so that what is listed is whole."""
        with calling(f"store the backup {snapshot.name}"):
            s3 = self._clients("s3")
            s3.upload_file(str(archive), self._bucket, f"{PREFIX}{snapshot.name}.tar.gz")
            s3.put_object(
                Bucket=self._bucket,
                Key=f"{PREFIX}{snapshot.name}.json",
                Body=json.dumps(asdict(snapshot), indent=2).encode(),
            )

    def find(self, name: str) -> Snapshot:
        """What is known of a snapshot."""
        with calling(f"read the backup {name}"):
            answer = self._clients("s3").get_object(Bucket=self._bucket, Key=f"{PREFIX}{name}.json")
            values: dict[str, Any] = json.loads(answer["Body"].read())
        return Snapshot(**values)

    def fetch(self, snapshot: Snapshot, archive: Path) -> None:
        """Download the archive of a snapshot. Raises ``AgentError`` when it is another one."""
        with calling(f"fetch the backup {snapshot.name}"):
            self._clients("s3").download_file(
                self._bucket, f"{PREFIX}{snapshot.name}.tar.gz", str(archive)
            )
        if digest(archive) != snapshot.sha256:
            raise AgentError(
                f"The archive of the backup {snapshot.name} is not the one that was taken: its "
                "SHA-256 differs. Choose another backup."
            )

    def names(self) -> list[str]:
        """Names of all snapshots, the oldest first."""
        found: list[str] = []
        with calling("list the backups"):
            pages = self._clients("s3").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=PREFIX):
                contents: list[Mapping[str, Any]] = page.get("Contents") or []
                found += [str(each["Key"]) for each in contents]
        return sorted(key[len(PREFIX) : -len(".json")] for key in found if key.endswith(".json"))
