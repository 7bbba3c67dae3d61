"""The cluster record in DynamoDB: who may make the swarm, and which swarm it is.

One item, changed only by conditional writes. ``clusterId`` is written once; from then on nobody
ever makes a swarm again, except a restore by explicit order.
"""

from __future__ import annotations

from dataclasses import dataclass

CLAIMED = "claimed"
INITIALISED = "initialised"
RESTORING = "restoring"


@dataclass(frozen=True)
class ClusterRecord:
    """The item ``cluster``."""

    phase: str
    owner: str
    """Instance id of who claimed."""
    slot: str
    lease_expires: float
    """Seconds since 1970."""
    version: int
    """Goes up by one with each write, and is the condition of the next."""
    created_at: float
    cluster_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether no swarm has been recorded yet."""
        return self.cluster_id is None


def first_claim(owner: str, slot: str, now: float, lease: float) -> ClusterRecord:
    """The record of the very first claim."""
    return ClusterRecord(CLAIMED, owner, slot, now + lease, 1, now)


def claim_again(
    record: ClusterRecord, owner: str, slot: str, now: float, lease: float
) -> ClusterRecord:
    """``record`` with a new lease for ``owner``: a renewal or a take-over."""
    return ClusterRecord(CLAIMED, owner, slot, now + lease, record.version + 1, record.created_at)


def initialised(record: ClusterRecord, cluster_id: str) -> ClusterRecord:
    """``record`` of the swarm that its owner made."""
    return ClusterRecord(
        INITIALISED,
        record.owner,
        record.slot,
        record.lease_expires,
        record.version + 1,
        record.created_at,
        cluster_id,
    )


def restoring(
    record: ClusterRecord, owner: str, slot: str, now: float, lease: float
) -> ClusterRecord:
    """``record`` while ``owner`` brings the swarm back: nobody else may join or act."""
    return ClusterRecord(
        RESTORING,
        owner,
        slot,
        now + lease,
        record.version + 1,
        record.created_at,
        record.cluster_id,
    )
