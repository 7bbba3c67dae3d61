"""How the calls of a program run: in threads, or in a preview one after the other."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from seawall_sandbox.engine.callbacks import NeedsThread

_PATIENCE_SECONDS: Final = 0.5
"""After which calls that wait for their turn go ahead, if none has ended meanwhile."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def executor(parallel: int, *, dry_run: bool) -> ThreadPoolExecutor:
    """Where the program's calls run: four for each provider call, as most of them wait."""
    kind = InlineExecutor if dry_run else ThreadPoolExecutor
    return kind(parallel * 4, thread_name_prefix="monitor")


class InlineExecutor(ThreadPoolExecutor):
    """Runs the SDK's calls at once, in the order in which they come.

    For previews: no call waits for a cloud, so threads would only add switching, and the order of
    registrations would be that of a race. What the program itself hands to the executor still gets
    a thread. So does a call that waits for functions of the program, as these run in its loop; what
    comes after it waits for its turn, to keep the order. When such a function itself waits for
    another resource, nothing moves for a moment, and then all go ahead.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._last = threading.Event()
        self._last.set()
        self._ended = 0

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run ``fn``, or see that it is run."""
        if not fn.__module__.startswith("pulumi."):
            return super().submit(fn, *args, **kwargs)
        if not self._last.is_set():
            return self._in_turn(fn, *args, **kwargs)
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except NeedsThread:
            return self._in_turn(fn, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001  # handed on, as an executor does
            future.set_exception(error)
        return future

    def _in_turn(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        before, done = self._last, threading.Event()
        self._last = done

        def run() -> _T:
            ended = -1
            while ended != self._ended and not before.is_set():
                ended = self._ended
                before.wait(_PATIENCE_SECONDS)
            try:
                return fn(*args, **kwargs)
            finally:
                self._ended += 1
                done.set()

        return super().submit(run)
