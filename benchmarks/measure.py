"""Runs a command and says what it took."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MIB = 2**20
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""getrusage(2) counts ``ru_maxrss`` in KiB, but in bytes on macOS."""


class FailedError(Exception):
    """A command under measurement failed, so that its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run took: seconds of the clock and of the CPU, and MiB.

    CPU time is that of the process and of all it waited for. ``peak`` is the largest resident set
    of any one of them: of several at once, only the largest counts.
    """

    wall: float
    user: float
    system: float
    peak: float


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Figures:
    """Run ``command`` to its end; raises ``FailedError`` with the end of its output."""
    log = cwd / "output.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # commands of this package
            command, cwd=cwd, env=dict(environment), stdout=output, stderr=subprocess.STDOUT
        )
        # Not `wait`: the usage of one child is had only by reaping it oneself.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise FailedError(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
    return Figures(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * _RSS_UNIT / _MIB)


def median(runs: Sequence[Figures]) -> Figures:
    """The median of each figure on its own."""
    return Figures(
        wall=statistics.median(r.wall for r in runs),
        user=statistics.median(r.user for r in runs),
        system=statistics.median(r.system for r in runs),
        peak=statistics.median(r.peak for r in runs),
    )
