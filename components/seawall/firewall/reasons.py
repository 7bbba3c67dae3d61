"""The reasons of several flows as one rule's description. Pure."""

from collections.abc import Sequence
from typing import Final

LONGEST_REASON: Final = 255
"""Characters that EC2 takes in a rule's description.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
"""

_SEPARATOR: Final = "; "


def joined(reasons: Sequence[str], limit: int) -> str:
    """The reasons in their order, as many as fit whole, and how many more there are.

    Each reason must be within ``limit`` by itself.
    """
    for kept in range(len(reasons), 0, -1):
        more = len(reasons) - kept
        tail = f"{_SEPARATOR}and {more} more" if more else ""
        text = _SEPARATOR.join(reasons[:kept]) + tail
        if len(text) <= limit:
            return text
    # Not even the first one leaves room for the count, which matters more than its last words.
    tail = f"...{_SEPARATOR}and {len(reasons) - 1} more"
    return reasons[0][: limit - len(tail)] + tail
