"""How a command ends: its exit codes, and what an interrupted one says."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
"""The state is kept, and the message says what to do."""
INVALID: Final = 2
"""Wrong usage or invalid input: nothing was touched."""

INTERRUPTED: Final = (
    "interrupted. What was done is kept in the state: run the command again to go on."
)
