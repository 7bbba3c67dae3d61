"""Remove what no container uses: stopped containers, images and build cache. Never volumes."""

from __future__ import annotations

from seawall_node.boot import Node as Here
from seawall_node.upkeep import PRUNE_FILTERS


def prune(here: Here) -> int:
    """Prune, by the filters of ``upkeep``; the bytes that it freed."""
    freed = sum(here.engine.prune(kind, filters) for kind, filters in PRUNE_FILTERS.items())
    here.log("pruned", bytes=freed)
    return freed
