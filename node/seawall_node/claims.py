"""Who makes the swarm: the rules of the claim, without side effects.

A claim is a lease in the cluster record. It may be taken over only when it ran out, no swarm was
ever recorded, and no other manager answers. Once a swarm is recorded there is nothing to claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from seawall_node.record import RESTORING, ClusterRecord


@dataclass(frozen=True)
class Create:
    """Nobody has claimed yet: write the first record, if there still is none."""


@dataclass(frozen=True)
class Take:
    """Write a new lease over ``record``, if it still is as it was read."""

    record: ClusterRecord
    renewal: bool
    """Whether the lease is this node's own."""


@dataclass(frozen=True)
class Hold:
    """Somebody else has it: look again in ``seconds`` or sooner."""

    reason: str
    seconds: float


@dataclass(frozen=True)
class Join:
    """There is a swarm."""


Claim = Union[Create, Take, Hold, Join]


def decide(record: ClusterRecord | None, me: str, now: float, answering: Sequence[str]) -> Claim:
    """What a manager without a swarm does about the claim.

    ``me`` is the instance id, ``answering`` the addresses of other managers on whose management
    port somebody answers: they have a swarm, even where none is recorded.
    """
    if record is None:
        return Create()
    if record.phase == RESTORING:
        return Hold(f"{record.owner} restores the swarm", 2.0)
    if not record.is_open:
        return Join()
    if record.owner == me:
        return Take(record, renewal=True)
    if now < record.lease_expires:
        return Hold(f"{record.owner} makes the swarm", min(1.0, record.lease_expires - now))
    if answering:
        return Hold(f"the lease ran out, but {', '.join(answering)} answers", 2.0)
    return Take(record, renewal=False)
