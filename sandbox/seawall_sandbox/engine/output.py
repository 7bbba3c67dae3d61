"""What the program prints, line by line, without catching what anyone else prints.

Standard output belongs to the whole process, so the run's own display must still reach it. Which
of the two is printing shows in the context: the program runs in one of its own.
"""

import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO, cast

_sink: ContextVar["LineSink | None"] = ContextVar("program_output", default=None)


class LineSink:
    """Collects text and hands on whole lines."""

    def __init__(self, line: Callable[[str], None]) -> None:
        self._line = line
        self._rest = ""

    def write(self, text: str) -> None:
        """Take text."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            with outside_program():
                self._line(line)

    def flush(self) -> None:
        """Hand on what has no line end."""
        if self._rest:
            self.write("\n")


class _Router:
    """A standard stream that sends the program's text to its sink, all other text on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Take text."""
        sink = _sink.get()
        if sink is None:
            return self._stream.write(text)
        sink.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Take texts."""
        for line in lines:
            self.write(line)

    def isatty(self) -> bool:
        """A sink is no terminal."""
        return _sink.get() is None and self._stream.isatty()


@contextmanager
def program_output(line: Callable[[str], None]) -> Generator[None]:
    """Hand each line that the code within prints to ``line``."""
    sink = LineSink(line)
    streams = sys.stdout, sys.stderr
    token = _sink.set(sink)
    sys.stdout, sys.stderr = (cast("TextIO", _Router(stream)) for stream in streams)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        sink.flush()
        _sink.reset(token)


@contextmanager
def outside_program() -> Generator[None]:
    """Let what the code within prints reach the standard streams."""
    token = _sink.set(None)
    try:
        yield
    finally:
        _sink.reset(token)
