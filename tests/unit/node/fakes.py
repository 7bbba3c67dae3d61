"""A table, engines and a host in memory, for tests of the agent without either."""

import threading
from dataclasses import dataclass, field

from seawall_node.bootstrap import Attempt
from seawall_node.errors import ConflictError
from seawall_node.identity import Identity
from seawall_node.record import ClusterRecord
from seawall_node.swarm import Node


class FakeTable:
    """The record with DynamoDB's conditional writes: each request is atomic, nothing more is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._record: ClusterRecord | None = None
        self.cluster_ids: list[str] = []
        """Every cluster id that was ever written."""
        self.items: dict[str, dict] = {}

    def record(self):
        with self._lock:
            return self._record

    def create_record(self, record):
        with self._lock:
            if self._record is not None:
                raise ConflictError("There is a record.")
            self._write(record)

    def replace_record(self, old, new):
        with self._lock:
            current = self._record
            if current is None or current.version != old.version:
                raise ConflictError("The record has been changed.")
            if old.is_open and not current.is_open:
                raise ConflictError("There is a cluster id.")
            self._write(new)

    def _write(self, record):
        before = None if self._record is None else self._record.cluster_id
        self._record = record
        if record.cluster_id is not None and record.cluster_id != before:
            self.cluster_ids.append(record.cluster_id)

    def get(self, item_id):
        with self._lock:
            return self.items.get(item_id)

    def put(self, item_id, values):
        with self._lock:
            self.items[item_id] = dict(values)

    def delete(self, item_id):
        with self._lock:
            self.items.pop(item_id, None)

    def all(self):
        with self._lock:
            return dict(self.items)


@dataclass
class Disk:
    """What of a manager survives its death: the slot's volume."""

    attempt: Attempt | None = None
    identity: Identity | None = None
    locked_with: str | None = None
    """The unlock key of the swarm's state."""


def manager(node_id="m1", **changes):
    values = {"role": "manager", "reachability": "reachable", "address": "10.0.1.10", **changes}
    return _node(node_id, **values)


def worker(node_id="w1", **changes):
    return _node(node_id, **{"role": "worker", "address": "10.0.1.50", **changes})


def _node(node_id, **changes):
    values = {
        "id": node_id,
        "hostname": node_id,
        "role": "worker",
        "availability": "active",
        "state": "ready",
        "address": "",
        "created_at": "2026-01-01T00:00:00Z",
        **changes,
    }
    if values["role"] == "manager":
        values.setdefault("manager_address", values["address"] + ":2377")
    return Node(**values)


@dataclass
class Lines:
    """A log that keeps its lines."""

    lines: list[tuple[str, dict]] = field(default_factory=list)

    def __call__(self, event, **fields):
        self.lines.append((event, fields))

    def events(self):
        return [event for event, _ in self.lines]
