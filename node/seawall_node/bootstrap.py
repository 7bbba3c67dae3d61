"""The state machine of every boot: from what is seen to the one next step, without side effects.

It is run again and again until it says ``Done``; so it can be cut off anywhere and started anew.
It leaves a swarm in two cases only: this node's part in it was never completed (it made the swarm
and lost the claim, or its join did not end well), or its id is no longer in the list of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from seawall_node import claims
from seawall_node.identity import Identity
from seawall_node.record import RESTORING, ClusterRecord
from seawall_node.swarm import ACTIVE, ERROR, INACTIVE, LOCKED, PENDING, SwarmState

MADE, JOINED = "made", "joined"
JOIN_SECONDS = 60.0
"""How long a join may go without a certificate. The engine asks one manager, which may be gone."""


@dataclass(frozen=True)
class Attempt:
    """What this node has begun and not completed yet: noted on its disk beforehand."""

    kind: str
    """``made`` or ``joined``."""
    since: float


@dataclass(frozen=True)
class Observation:
    """What the agent sees at one moment."""

    me: str
    """This instance's id."""
    manager: bool
    """Whether this node is meant to be a manager."""
    now: float
    swarm: SwarmState
    identity: Identity | None
    """What the node's certificate says; None without one."""
    attempt: Attempt | None
    """How the node came into the swarm on its disk, until that is known to be the recorded one."""
    record: ClusterRecord | None
    answering: tuple[str, ...] = ()
    """Other managers on whose management port somebody answers."""
    removed: bool = False
    """Whether the leader noted that this node's id is no longer in the list."""
    predecessor: str | None = None
    """Node id of a manager in this slot that is still in the list and is not this node."""


@dataclass(frozen=True)
class Done:
    """The node is where it belongs."""


@dataclass(frozen=True)
class Wait:
    """Nothing to do but look again, in ``seconds`` at the latest."""

    reason: str
    seconds: float = 2.0


@dataclass(frozen=True)
class Stuck:
    """Only a person can decide. Said aloud, and looked at again."""

    reason: str
    cure: str


@dataclass(frozen=True)
class Claim:
    """Write the claim."""

    what: claims.Create | claims.Take


@dataclass(frozen=True)
class Initialise:
    """Make the swarm."""

    record: ClusterRecord


@dataclass(frozen=True)
class Publish:
    """Record the swarm that this node made, then hand out keys and tokens."""

    record: ClusterRecord


@dataclass(frozen=True)
class Adopt:
    """Write a record for the swarm that this manager is in: the table has none any more."""


@dataclass(frozen=True)
class Complete:
    """Note that the swarm on the disk is the recorded one: the attempt is over."""


@dataclass(frozen=True)
class Unlock:
    """Unlock the raft state with the published keys, the current one first."""


@dataclass(frozen=True)
class Leave:
    """Leave the swarm and forget it."""

    reason: str


@dataclass(frozen=True)
class JoinSwarm:
    """Join the recorded swarm."""


@dataclass(frozen=True)
class AskEviction:
    """Ask the leader to remove the manager that was in this slot before."""

    node_id: str
    seconds: float = 2.0


Step = Union[
    Done,
    Wait,
    Stuck,
    Claim,
    Initialise,
    Publish,
    Adopt,
    Complete,
    Unlock,
    Leave,
    JoinSwarm,
    AskEviction,
]


def decide(seen: Observation) -> Step:
    """The next step."""
    if seen.swarm.state == INACTIVE:
        return _without_swarm(seen)
    if seen.attempt is not None:
        return _made(seen) if seen.attempt.kind == MADE else _joined(seen, seen.attempt)
    if seen.removed:
        return Leave("this node's id is no longer in the list of nodes")
    record, identity = seen.record, seen.identity
    if (
        record is not None
        and record.cluster_id is not None
        and identity is not None
        and identity.cluster_id != record.cluster_id
    ):
        return Stuck(
            f"This node is in the swarm {identity.cluster_id}, but the record says "
            f"{record.cluster_id}.",
            "If the record is right, run `docker swarm leave --force` here; the agent then joins.",
        )
    return _in_swarm(seen)


def _in_swarm(seen: Observation) -> Step:
    state = seen.swarm.state
    if state == LOCKED:
        return Unlock()
    if state == PENDING:
        return Wait(seen.swarm.error or "the engine is starting or joining", 0.5)
    if state == ERROR:
        return Wait(f"the engine reports an error: {seen.swarm.error}", 5.0)
    if seen.record is not None and seen.record.phase == RESTORING and seen.record.owner != seen.me:
        return Wait(f"{seen.record.owner} restores the swarm", 2.0)
    if seen.record is None or seen.record.is_open:
        # A node can only be in a swarm, and not have made it without recording it, after it was
        # recorded once: the table has lost it.
        if not seen.manager:
            return Wait("the cluster record is missing; a manager will write it again")
        if not seen.swarm.control:
            return Wait("this manager has no leader yet")
        return Adopt()
    if state == ACTIVE and seen.identity is None:
        return Wait("the engine has not written the node's certificate yet", 0.2)
    return Done()


def _made(seen: Observation) -> Step:
    """After ``swarm init``: the node was cut off, or is about to record what it made."""
    record = seen.record
    ours = seen.identity.cluster_id if seen.identity is not None else seen.swarm.cluster_id
    if record is not None and not record.is_open:
        if not ours:
            return Wait("the engine has not written the node's certificate yet", 0.2)
        if record.cluster_id == ours:
            return Complete()
        return Leave("another manager's swarm was recorded")
    if record is None or record.owner != seen.me:
        return Leave("another manager has the claim, and this swarm was never recorded")
    if seen.swarm.state == LOCKED:
        return Leave("this swarm was never recorded, and its unlock key was never published")
    if seen.swarm.state == ERROR:
        return Leave(f"the swarm could not be made: {seen.swarm.error}")
    if seen.swarm.state == ACTIVE and seen.swarm.control:
        return Publish(record)
    return Wait(seen.swarm.error or "the new swarm is starting", 0.2)


def _joined(seen: Observation, attempt: Attempt) -> Step:
    """After ``swarm join``, whose end the node does not know yet."""
    record, state = seen.record, seen.swarm.state
    if seen.identity is None:
        if state == ERROR:
            return Leave(f"the join failed: {seen.swarm.error}")
        if seen.now - attempt.since > JOIN_SECONDS:
            return Leave(f"the join gave no certificate in {JOIN_SECONDS:.0f} s")
        return Wait(seen.swarm.error or "the engine is joining", 0.2)
    if seen.removed:
        return Leave("this node's id is no longer in the list of nodes")
    if record is None or record.is_open:
        return Wait("the cluster record is missing; a manager will write it again")
    if seen.identity.cluster_id != record.cluster_id:
        return Leave("the join led into a swarm that is not the recorded one")
    if state == LOCKED:
        return Unlock()
    if state == ACTIVE:
        return Complete()
    return Wait(seen.swarm.error or "the engine is joining", 0.2 if state == PENDING else 5.0)


def _without_swarm(seen: Observation) -> Step:
    record = seen.record
    if not seen.manager:
        if record is None or record.is_open or record.phase == RESTORING:
            return Wait("there is no swarm to join yet", 1.0)
        return JoinSwarm()
    step = claims.decide(record, seen.me, seen.now, seen.answering)
    if isinstance(step, claims.Join):
        if seen.predecessor is not None:
            return AskEviction(seen.predecessor)
        return JoinSwarm()
    if isinstance(step, claims.Hold):
        return Wait(step.reason, step.seconds)
    if isinstance(step, claims.Take) and step.renewal and seen.now < step.record.lease_expires:
        return Initialise(step.record)
    return Claim(step)
