"""Daily pruning and the guard against a full disk, without side effects."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from seawall_node.config import Prune

WARN_PERCENT, PAUSE_PERCENT, RESUME_PERCENT = 80, 95, 85
"""Said aloud; no new tasks; tasks again."""
PRUNE_FILTERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "containers": {"until": ("24h",)},
    "images": {"dangling": ("false",), "until": ("168h",)},
    "build": {"until": ("168h",)},
}
"""What a prune removes, by Docker's filters. Volumes are data: never."""


@dataclass(frozen=True)
class DiskState:
    """What to say and to do about a file system."""

    warn: bool
    wanted: str | None
    """The node's availability: ``pause``, ``active`` again, or None for no opinion."""


def disk(used_percent: int, *, paused: bool) -> DiskState:
    """What a file system that is so full means. ``paused`` is whether the guard paused the node."""
    if used_percent >= PAUSE_PERCENT:
        return DiskState(warn=True, wanted="pause")
    wanted = "active" if paused and used_percent < RESUME_PERCENT else None
    return DiskState(warn=used_percent >= WARN_PERCENT, wanted=wanted)


def prune_due(settings: Prune, instance: str, now: datetime, last: str | None) -> bool:
    """Whether the daily prune is due: in its hour, each node in a minute of its own.

    ``last`` is the day of the last one, in ISO 8601; ``now`` is in UTC.
    """
    if not settings.enabled or last == now.date().isoformat():
        return False
    minute = hashlib.sha256(instance.encode()).digest()[0] % 60
    return now.hour == settings.hour and now.minute >= minute
