"""How long the provider bears with AWS: how often a call is made, how long it waits."""

import math
import os
import random
import time
from dataclasses import dataclass
from typing import Final, Self

from seawall_sandbox.protocol import ProviderError

READ_TIMEOUT_VARIABLE: Final = "SEAWALL_SANDBOX_READ_TIMEOUT"
PROPAGATION_VARIABLE: Final = "SEAWALL_SANDBOX_PROPAGATION_TIME"
LONGEST_PAUSE_VARIABLE: Final = "SEAWALL_SANDBOX_LONGEST_PAUSE"

_FIRST_PAUSE: Final = 0.05
"""Seconds. The SDKs' own for what is no throttling: see ``botocore.retries.standard``."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What the provider bears. The emulator answers in milliseconds, so all of it is short."""

    attempts: int = 5
    """How often a call is made at most (``aws:maxRetries``). The real provider's default is 25,
    which means an hour; five of them end after half a minute at most."""
    read_timeout: float = 60
    """Seconds without an answer; a minute covers a machine under load."""
    propagation: float = 5
    """Seconds until what was made is seen everywhere. The real provider waits for two minutes.

    https://hashicorp.github.io/terraform-provider-aws/retries-and-waiters/
    """
    longest_pause: float = 20
    """Seconds between two attempts at most: the SDKs' own."""

    @classmethod
    def of(cls, attempts: int | None = None) -> Self:
        """With the user's own values, from the environment, in place of the default ones."""
        usual = cls()
        return cls(
            attempts or usual.attempts,
            _seconds(READ_TIMEOUT_VARIABLE, usual.read_timeout),
            _seconds(PROPAGATION_VARIABLE, usual.propagation),
            _seconds(LONGEST_PAUSE_VARIABLE, usual.longest_pause),
        )


class Pauses:
    """The pauses between the attempts at one thing: each about twice as long, with full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, patience: Patience) -> None:
        self._limit = patience.longest_pause
        self._longest = _FIRST_PAUSE

    def pause(self) -> None:
        """Wait before the next attempt."""
        time.sleep(random.uniform(0, min(self._longest, self._limit)))  # noqa: S311  # no secret
        self._longest *= 2


def _seconds(variable: str, usual: float) -> float:
    text = os.environ.get(variable)
    if not text:
        return usual
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ProviderError(f"{variable} is {text!r}, but must be a number of seconds. Correct it.")
    return seconds
