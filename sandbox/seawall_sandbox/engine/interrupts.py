"""Ctrl-C during a run: once stops it in good order, twice at once.

The interpreter's own way, an exception wherever the main thread happens to be, would end a run that
has just started a thread and does not wait for it yet. So during a run the first interrupt raises
nothing: it is noted, and heard where the run waits for its threads.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class Interrupts:
    """Takes the interrupts of one run while it is entered; ``first`` is called for the first one.

    The second raises ``KeyboardInterrupt`` wherever the main thread is. In other threads, and where
    the host handles or ignores SIGINT itself, nothing is taken over; an exception that the host's
    handler raises in ``wait`` counts as the first interrupt.
    """

    def __init__(self, first: Callable[[], None]) -> None:
        self._first = first
        self._count = 0
        self._told = False
        self._waiting = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def wait(self, done: threading.Event) -> None:
        """Wait for the event, and see to an interrupt that came before or comes meanwhile."""
        if not self._told:
            # What interrupts from here on is inside the ``try``: see ``_take``.
            try:
                self._waiting = True
                if not self._count:
                    done.wait()
                self._waiting = False
            except KeyboardInterrupt:
                self._waiting = False
                if self._count > 1:
                    raise
                self._count = 1
        if self._count and not self._told:
            self._told = True
            self._first()
        done.wait()

    def _take(self, number: int, frame: FrameType | None) -> None:
        # Only a counter: the thread that this interrupts may hold any lock.
        del number, frame
        self._count += 1
        if self._count > 1 or self._waiting:
            raise KeyboardInterrupt
