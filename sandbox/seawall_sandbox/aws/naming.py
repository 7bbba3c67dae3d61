"""Automatic names: what the real provider calls a resource that was given no name."""

import hashlib
import itertools
import threading
from datetime import UTC, datetime

RANDOM_LENGTH = 7
"""Hex digits after the name, as in pulumi-aws (``tfbridge.AutoName``)."""


def automatic_name(
    name: str, seed: bytes, *, max_length: int, separator: str = "-", suffix: str = ""
) -> str:
    """``<name>-<7 hex>``, the same for the same seed.

    Raises ``ValueError`` when the name would be longer than AWS allows: the real provider refuses
    too, rather than cut a name.
    """
    prefix = f"{name}{separator}"
    length = len(prefix) + RANDOM_LENGTH + len(suffix)
    if length > max_length:
        raise ValueError(
            f"the automatic name {prefix!r} plus {RANDOM_LENGTH} random characters"
            f" has {length} characters, {max_length} are allowed"
        )
    digest = hashlib.sha512(seed + prefix.encode()).hexdigest()
    return f"{prefix}{digest[:RANDOM_LENGTH]}{suffix}"


_counter = itertools.count(1)
_lock = threading.Lock()


def prefixed_name(prefix: str) -> str:
    """A unique name for ``namePrefix``: time and a counter, 26 digits, as Terraform makes it."""
    with _lock:
        number = next(_counter)
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:18]
    return f"{prefix}{now}{number & 0xFFFFFFFF:08x}"
