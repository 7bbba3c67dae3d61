"""Structured log lines: one JSON object a line on stderr, where journald and CloudWatch take them.

No secret is ever printed: whatever looks like a join token or an unlock key is blotted out, in the
messages of Docker and AWS too.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

_SECRET = re.compile(r"SWM(?:TKN|KEY)-[A-Za-z0-9+/=_-]+")


def blot(text: str) -> str:
    """``text`` without the join tokens and unlock keys in it."""
    return _SECRET.sub(lambda found: found.group()[:6] + "-***", text)


class Log:
    """Writes events. ``fields`` given here are in every line."""

    def __init__(
        self, write: Callable[[str], object] | None = None, **fields: str | int | None
    ) -> None:
        self._write = write or _to_stderr
        self._fields = {name: value for name, value in fields.items() if value is not None}

    def __call__(self, event: str, **fields: Any) -> None:
        """One line: when, which event, and ``fields``; those that are None are left out."""
        line = {"time": round(time.time(), 3), "event": event, **self._fields}
        line.update({name: value for name, value in fields.items() if value is not None})
        self._write(blot(json.dumps(line, default=str)))


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
