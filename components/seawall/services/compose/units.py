"""Compose's notations of numbers: durations, sizes, CPU shares, truth values.

Sources: https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-durations
and #specifying-byte-values. Sizes are binary in every spelling: ``64M``, ``64m``, ``64MB`` and
``64MiB`` are all 67,108,864 bytes.
"""

import math
import re

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgtp])?(?:i?b)?)", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)")  # both micro signs
_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,  # Go takes the Greek letter too
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}


def parse_duration(text: str) -> float:
    """Seconds of a duration such as ``1m30s`` or ``500ms``. Raises ``ValueError``."""
    if text.strip() == "0":
        return 0.0
    seconds, at = 0.0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            break
        seconds += float(part[1]) * _SECONDS[part[2]]
        at = part.end()
    if at == 0 or at < len(text):
        raise ValueError(f"'{text}' is no duration, such as 90s or 1m30s")
    return round(seconds, 9)


def parse_size(text: str) -> int:
    """Bytes of a size such as ``64M`` or ``1.5gb``. Raises ``ValueError``."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is no size, such as 64M or 2G")
    return int(float(match[1]) * _UNITS[(match[2] or "").lower()])


def parse_cpus(text: str) -> float:
    """CPU cores such as ``0.5``. Raises ``ValueError``."""
    try:
        cores = float(text)
    except ValueError:
        cores = math.nan
    if not math.isfinite(cores) or cores < 0:
        raise ValueError(f"'{text}' is no number of CPU cores, such as 0.5 or 2")
    return cores


def parse_whole(text: str) -> int:
    """A whole number. Raises ``ValueError``."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number != int(number):
        raise ValueError(f"'{text}' is no whole number")
    return int(number)


def parse_mode(text: str) -> int:
    """File permissions, octal, such as ``0440``. Raises ``ValueError``."""
    digits = text.removeprefix("0o")
    if not re.fullmatch(r"[0-7]{1,5}", digits):
        raise ValueError(f"'{text}' is no octal file mode, such as 0440")
    return int(digits, 8)


def parse_truth(text: str) -> bool:
    """True or false; Compose takes YAML 1.1's words here too. Raises ``ValueError``."""
    word = text.lower()
    if word in ("true", "yes", "y", "on", "1"):
        return True
    if word in ("false", "no", "n", "off", "0"):
        return False
    raise ValueError(f"'{text}' is neither true nor false")
