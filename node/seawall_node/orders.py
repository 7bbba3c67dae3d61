"""Orders to the leader, from people and schedules: items ``order#<kind>`` of the table.

An order is ``{"status": "requested", "at": <epoch seconds>}``; the leader writes ``running``, then
``done`` or ``failed`` with a ``message``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall_node import rotation
from seawall_node.boot import Node as Here
from seawall_node.errors import AgentError

PREFIX = "order#"
KINDS = tuple(f"rotate-{kind}" for kind in rotation.KINDS)
REQUESTED, RUNNING, FINISHED, FAILED = "requested", "running", "done", "failed"


class Orders:
    """Runs on the leader."""

    def __init__(self, here: Here, rotate: Callable[[Here, str], None] = rotation.rotate) -> None:
        self._here = here
        self._rotate = rotate

    def tick(self, items: Mapping[str, Any], now: float) -> None:
        """Carry out what is asked for."""
        for kind in KINDS:
            item = items.get(PREFIX + kind)
            if item is not None and item.get("status") in (REQUESTED, RUNNING):
                self._carry_out(kind, item, now)

    def _carry_out(self, kind: str, item: Mapping[str, Any], now: float) -> None:
        """Also one that is under way: its leader is gone. A rotation may be done twice."""
        name = PREFIX + kind
        values = {"at": item.get("at", now), "began": now}
        self._here.table.put(name, {**values, "status": RUNNING})
        try:
            self._rotate(self._here, kind[len("rotate-") :])
        except AgentError as error:
            self._here.log("order-failed", order=kind, why=str(error))
            outcome = {"status": FAILED, "message": str(error)}
        else:
            outcome = {"status": FINISHED}
        self._here.table.put(name, {**values, **outcome})
