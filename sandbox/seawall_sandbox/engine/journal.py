"""What a run has done so far, on disk after every step.

A run appends lines to a journal beside the state file and folds them into the file at its end:
writing the whole file after each of 200 steps would take longer than the steps. A line is handed to
the operating system before the step goes on, so a killed run loses nothing; the next reader folds
what it finds. An operation is noted before the provider is called, so that one that was cut short
is known by name.
"""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.serialize import Codec, Deployment, Pending, order, without_aliases


class Recorder:
    """The resources of a stack while a run changes them; with a path, also the journal on disk.

    Entries are numbered: those of the loaded deployment first, then the run's own in the order in
    which they were announced with ``reserve``. Thread safe.
    """

    def __init__(self, base: Deployment, codec: Codec, path: Path | None, header: str) -> None:
        self._lock = threading.Lock()
        self._codec = codec
        self._entries: dict[int, State] = dict(enumerate(base.resources))
        self._base_size = len(base.resources)
        self._keys = {id(state): key for key, state in self._entries.items()}
        self._next = self._base_size
        self._pending: dict[int, Pending] = {}
        self._file: int | None = None
        if path is not None:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            self._write({"base": header})
        for pending in base.pending:
            self.begin(pending.kind, pending.state)

    def reserve(self) -> int:
        """The number of an entry to come: fixes its place in the state file."""
        with self._lock:
            self._next += 1
            return self._next

    def begin(self, kind: str, state: State) -> int:
        """Note that an operation is about to be asked of a provider."""
        with self._lock:
            self._next += 1
            self._pending[self._next] = Pending(kind, state)
            if self._file is not None:
                record = {"op": self._next, "type": kind, "resource": self._codec.resource(state)}
                self._write(record)
            return self._next

    def end(self, operation: int) -> None:
        """Note that an operation ended, or that nothing came of it."""
        with self._lock:
            self._pending.pop(operation, None)
            self._write({"op": operation})

    def pending(self) -> list[tuple[int, Pending]]:
        """The operations under way, and those that an earlier run left."""
        with self._lock:
            return list(self._pending.items())

    def put(self, state: State, *, key: int | None = None, replaces: State | None = None) -> None:
        """Add an entry or write it anew; ``replaces`` goes away in the same line."""
        with self._lock:
            known = self._keys.get(id(state))
            if known is None:
                if key is None:
                    self._next += 1
                    key = self._next
                known = self._keys[id(state)] = key
            self._entries[known] = state
            gone = self._drop(replaces)
            if self._file is not None:
                record: dict[str, Any] = {"key": known, "resource": self._codec.resource(state)}
                if gone is not None:
                    record["gone"] = gone
                self._write(record)

    def remove(self, state: State) -> None:
        """Take an entry out."""
        with self._lock:
            gone = self._drop(state)
            if gone is not None:
                self._write({"gone": gone})

    def deployment(self) -> Deployment:
        """The stack as it is now: what the run has written first, then what it left alone."""
        with self._lock:
            return _deployment(self._entries, self._pending, self._base_size)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _drop(self, state: State | None) -> int | None:
        key = self._keys.pop(id(state), None) if state is not None else None
        # The entry itself is kept alive by the plan, so its identity is not used again.
        if key is not None:
            self._entries.pop(key, None)
        return key

    def _write(self, record: Mapping[str, Any]) -> None:
        if self._file is not None:
            os.write(self._file, json.dumps(record, separators=(",", ":")).encode() + b"\n")


def replay(path: Path, header: str, base: Deployment, codec: Codec) -> Deployment:
    """``base`` with what the journal at ``path`` tells.

    A journal that belongs to another state file was folded already and is passed over; so is a
    last line that was cut short.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return base
    records: list[dict[str, Any]] = []
    for line in lines:
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    if not records or records[0].get("base") != header:
        return base
    entries: dict[int, State] = dict(enumerate(base.resources))
    pending: dict[int, Pending] = {}
    for record in records[1:]:
        if "op" in record:
            if "resource" in record:
                pending[record["op"]] = Pending(record["type"], codec.state(record["resource"]))
            else:
                pending.pop(record["op"], None)
            continue
        entries.pop(record.get("gone", -1), None)
        if "resource" in record:
            entries[record["key"]] = codec.state(record["resource"])
    return _deployment(entries, pending, len(base.resources))


def _deployment(
    entries: Mapping[int, State], pending: Mapping[int, Pending], base_size: int
) -> Deployment:
    keys = sorted(entries)
    ours = [entries[key] for key in keys if key >= base_size]
    theirs = [entries[key] for key in keys if key < base_size]
    states = order(without_aliases([*ours, *theirs]))
    return Deployment(states, [pending[key] for key in sorted(pending)])
