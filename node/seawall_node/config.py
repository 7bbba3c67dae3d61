"""What the node is told about itself: ``/etc/seawall/node.json``, written by the user data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from seawall_node.errors import ConfigError

PATH = Path("/etc/seawall/node.json")
ROLES = ("manager", "worker")
SWARM_PORT = 2377
"""Where managers listen for management: fixed in Docker's documentation."""


@dataclass(frozen=True)
class ManagerSlot:
    """A manager that the cluster is meant to have: a name, an address and a zone that stay."""

    slot: str
    address: str
    zone: str


@dataclass(frozen=True)
class SwarmNetwork:
    """What can only be set when the swarm is made."""

    address_pools: tuple[str, ...]
    """CIDRs that overlay networks are cut from."""
    subnet_size: int
    """Prefix length of one overlay network."""
    data_path_port: int
    """UDP port of VXLAN."""


@dataclass(frozen=True)
class Prune:
    """The daily removal of what no container uses; never volumes."""

    enabled: bool
    hour: int
    """Hour of the day, UTC."""


@dataclass(frozen=True)
class NodeConfig:
    """``node.json``, checked."""

    cluster: str
    region: str
    role: str
    slot: str | None
    """Name of the manager slot; None on workers."""
    slot_address: str | None
    slot_interface_id: str | None
    slot_volume_id: str | None
    managers: tuple[ManagerSlot, ...]
    table: str
    parameters: str
    """Path under which the join tokens are in the Parameter Store."""
    key: str | None
    """The KMS key of the join tokens; None for the account's own one."""
    bucket: str
    registry: str
    network: SwarmNetwork
    autolock: bool
    has_workers: bool
    """Whether the cluster has workers: then managers take no tasks."""
    prune: Prune
    lease_seconds: int
    """How long a claim of the first boot holds without being renewed."""
    engine: Mapping[str, Any]
    """More settings of Docker's ``daemon.json``, as they are."""

    @property
    def is_manager(self) -> bool:
        """Whether this node is meant to be a manager."""
        return self.role == "manager"

    @property
    def unlock_secret(self) -> str:
        """Name of the secret with the unlock key."""
        return f"{self.cluster}-swarm-unlock-key"

    def token_parameter(self, role: str) -> str:
        """Name of the parameter with the join token of ``role``."""
        return f"{self.parameters}/join-token/{role}"


def load(path: Path = PATH) -> NodeConfig:
    """Read and check the file. Raises ``ConfigError``."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}. The user data of the instance writes it; "
            "see /var/log/cloud-init-output.log for why it did not."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}.") from error
    return parse(document, str(path))


def parse(document: Any, path: str = "node.json") -> NodeConfig:
    """The configuration in ``document``. Raises ``ConfigError`` naming the key that is wrong."""
    reader = _Reader(document, path)
    role = reader.text("role")
    if role not in ROLES:
        raise ConfigError(f"{path}: role is {role!r}. It must be one of {', '.join(ROLES)}.")
    network, prune = reader.section("network"), reader.section("prune")
    config = NodeConfig(
        cluster=reader.text("cluster"),
        region=reader.text("region"),
        role=role,
        slot=reader.optional_text("slot"),
        slot_address=reader.optional_text("slotAddress"),
        slot_interface_id=reader.optional_text("slotInterfaceId"),
        slot_volume_id=reader.optional_text("slotVolumeId"),
        managers=tuple(
            ManagerSlot(each.text("slot"), each.text("address"), each.text("zone"))
            for each in reader.sections("managers")
        ),
        table=reader.text("table"),
        parameters=reader.text("parameters").rstrip("/"),
        key=reader.optional_text("key"),
        bucket=reader.text("bucket"),
        registry=reader.text("registry"),
        network=SwarmNetwork(
            address_pools=network.texts("addressPools"),
            subnet_size=network.number("subnetSize"),
            data_path_port=network.number("dataPathPort"),
        ),
        autolock=reader.flag("autolock"),
        has_workers=reader.flag("workerCount"),
        prune=Prune(prune.flag("enabled"), prune.number("hour")),
        lease_seconds=reader.number("leaseSeconds", default=45),
        engine=reader.mapping("engine"),
    )
    if config.is_manager and (config.slot is None or config.slot_address is None):
        raise ConfigError(
            f"{path}: a manager needs slot and slotAddress: they are what stays when its instance "
            "is replaced."
        )
    return config


_MISSING = object()


class _Reader:
    """Takes typed values out of a JSON object, or says which key is wrong and how."""

    def __init__(self, document: Any, path: str) -> None:
        if not isinstance(document, dict):
            raise ConfigError(f"{path} must be a JSON object, not {type(document).__name__}.")
        self._values = cast("dict[str, Any]", document)
        self._path = path

    def text(self, key: str) -> str:
        return self._typed(key, str, "text")

    def optional_text(self, key: str) -> str | None:
        return None if self._values.get(key) is None else self.text(key)

    def flag(self, key: str) -> bool:
        return self._typed(key, bool, "true or false")

    def number(self, key: str, default: int | None = None) -> int:
        if default is not None and key not in self._values:
            return default
        if isinstance(self._values.get(key), bool):
            raise ConfigError(f"{self._path}: {key} must be a whole number, not true or false.")
        return self._typed(key, int, "a whole number")

    def texts(self, key: str) -> tuple[str, ...]:
        items: list[Any] = self._typed(key, list, "a list of texts")
        if not all(isinstance(item, str) for item in items):
            raise ConfigError(f"{self._path}: {key} must be a list of texts.")
        return tuple(items)

    def mapping(self, key: str) -> dict[str, Any]:
        return self._typed(key, dict, "an object") if key in self._values else {}

    def section(self, key: str) -> _Reader:
        return _Reader(self._values.get(key), f"{self._path}: {key}")

    def sections(self, key: str) -> list[_Reader]:
        items: list[Any] = self._typed(key, list, "a list of objects")
        return [_Reader(item, f"{self._path}: {key}[{i}]") for i, item in enumerate(items)]

    def _typed(self, key: str, kind: type, called: str) -> Any:
        value = self._values.get(key, _MISSING)
        if value is _MISSING:
            raise ConfigError(f"{self._path}: {key} is missing. It must be {called}.")
        if not isinstance(value, kind):
            raise ConfigError(f"{self._path}: {key} is {value!r}. It must be {called}.")
        return value
