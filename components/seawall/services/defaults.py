"""What a task gets that does not ask, on every target."""

from dataclasses import replace
from typing import Final

from seawall.services.model import Resources

MIB: Final = 1024**2

DEFAULT_CPU_REQUEST: Final = 0.1
"""Cores reserved for a task that does not say."""
DEFAULT_MEMORY_REQUEST: Final = 128 * MIB
"""Bytes reserved for a task that does not say."""
DEFAULT_MEMORY_LIMIT: Final = 512 * MIB
"""Bytes that a task may use that does not say: one that leaks must not take its node down."""


def filled(asked: Resources) -> Resources:
    """Reservations and limits of a task, with the defaults where nothing is asked.

    Defaults: 0.1 core and 128 MiB reserved, at most 512 MiB used; no limit of CPU, which would
    slow a task down while its node idles. A default never contradicts what was asked for.
    """
    limit = asked.memory_limit or max(DEFAULT_MEMORY_LIMIT, asked.memory_reservation or 0)
    return replace(
        asked,
        memory_limit=limit,
        memory_reservation=asked.memory_reservation or min(DEFAULT_MEMORY_REQUEST, limit),
        cpu_reservation=asked.cpu_reservation or min(DEFAULT_CPU_REQUEST, asked.cpu_limit or 1.0),
    )
