"""The state machine of every boot, state by state."""

import pytest

from seawall_node import bootstrap, claims
from seawall_node.bootstrap import JOINED, MADE, Attempt, Observation
from seawall_node.identity import Identity
from seawall_node.record import CLAIMED, INITIALISED, RESTORING, ClusterRecord
from seawall_node.swarm import SwarmState

NOW = 1000.0
OURS = Identity("cluster", "node", "manager")
OTHER = Identity("another", "node", "manager")


def record(owner="i-2", expires=NOW + 30, cluster_id=None, phase=None):
    phase = phase or (INITIALISED if cluster_id else CLAIMED)
    return ClusterRecord(phase, owner, "1b", expires, 3, 900.0, cluster_id)


RECORDED = record(cluster_id="cluster")


def decide(state="inactive", **seen):
    swarm = {
        name: seen.pop(name)
        for name in ("node_id", "cluster_id", "control", "error")
        if name in seen
    }
    values = {
        "me": "i-1",
        "manager": True,
        "now": NOW,
        "swarm": SwarmState(state, **swarm),
        "identity": None,
        "attempt": None,
        "record": None,
        **seen,
    }
    return bootstrap.decide(Observation(**values))


def kind(step):
    return type(step).__name__


def test_the_first_manager_claims_when_there_is_no_record():
    assert decide() == bootstrap.Claim(claims.Create())


def test_a_worker_never_claims():
    assert kind(decide(manager=False)) == "Wait"
    assert kind(decide(manager=False, record=record(expires=NOW - 100))) == "Wait"


def test_a_claim_of_another_is_waited_for():
    assert decide(record=record()) == bootstrap.Wait("i-2 makes the swarm", 1.0)


def test_the_own_claim_leads_to_the_swarm():
    mine = record(owner="i-1")
    assert decide(record=mine) == bootstrap.Initialise(mine)


def test_the_own_claim_is_renewed_before_it_is_used_when_its_lease_ran_out():
    mine = record(owner="i-1", expires=NOW - 1)
    assert decide(record=mine) == bootstrap.Claim(claims.Take(mine, renewal=True))


def test_a_lease_that_ran_out_is_taken_over():
    stale = record(expires=NOW - 1)
    assert decide(record=stale) == bootstrap.Claim(claims.Take(stale, renewal=False))


def test_a_lease_that_ran_out_is_not_taken_over_while_a_manager_answers():
    step = decide(record=record(expires=NOW - 1), answering=("10.0.1.10",))
    assert kind(step) == "Wait"


@pytest.mark.parametrize("expires", [NOW - 1000, NOW + 1000])
@pytest.mark.parametrize("owner", ["i-1", "i-2"])
def test_once_a_swarm_is_recorded_nobody_makes_one_again(owner, expires):
    recorded = record(owner, expires, "cluster")
    assert decide(record=recorded) == bootstrap.JoinSwarm()
    assert decide(record=recorded, manager=False) == bootstrap.JoinSwarm()


@pytest.mark.parametrize("manager", [True, False])
def test_nobody_joins_during_a_restore(manager):
    restoring = record(phase=RESTORING, cluster_id="cluster")
    assert kind(decide(record=restoring, manager=manager)) == "Wait"


def test_a_slot_with_an_empty_disk_has_its_predecessor_removed_before_it_joins():
    assert decide(record=RECORDED, predecessor="old") == bootstrap.AskEviction("old")


def test_a_node_in_the_recorded_swarm_is_done():
    step = decide("active", record=RECORDED, identity=OURS)
    assert step == bootstrap.Done()


def test_a_pending_node_is_waited_for():
    assert kind(decide("pending", record=RECORDED, identity=OURS)) == "Wait"


def test_a_locked_manager_is_unlocked():
    assert decide("locked", record=RECORDED, identity=OURS) == bootstrap.Unlock()


def test_an_error_is_told_and_waited_on_and_never_left():
    step = decide("error", record=RECORDED, identity=OURS, error="certificate has expired")
    assert kind(step) == "Wait"
    assert "certificate has expired" in step.reason


@pytest.mark.parametrize("state", ["pending", "active", "locked", "error"])
def test_a_node_whose_id_is_off_the_list_leaves(state):
    step = decide(state, record=RECORDED, identity=OURS, removed=True)
    assert kind(step) == "Leave"


@pytest.mark.parametrize("state", ["pending", "active", "locked", "error"])
@pytest.mark.parametrize("noted", [None, record(), record(owner="i-1"), RECORDED])
@pytest.mark.parametrize("identity", [None, OURS, OTHER])
def test_without_an_open_attempt_nothing_but_the_list_makes_a_node_leave(state, noted, identity):
    for control in (False, True):
        step = decide(state, record=noted, identity=identity, control=control)
        assert kind(step) not in ("Leave", "Initialise", "JoinSwarm", "Claim")


def test_a_foreign_swarm_is_for_a_person_to_judge():
    step = decide("active", record=RECORDED, identity=OTHER)
    assert kind(step) == "Stuck"


def test_a_lost_record_is_written_again_by_a_manager_of_the_swarm():
    assert decide("active", identity=OURS, control=True) == bootstrap.Adopt()
    assert kind(decide("active", identity=OURS, control=False)) == "Wait"
    assert kind(decide("active", identity=OURS, manager=False)) == "Wait"


class TestMade:
    """After ``swarm init``."""

    @staticmethod
    def decide(state, **seen):
        return decide(state, attempt=Attempt(MADE, NOW - 5), **seen)

    def test_the_owner_records_what_it_made(self):
        mine = record(owner="i-1", expires=NOW - 5)
        step = self.decide("active", control=True, record=mine, identity=OURS)
        assert step == bootstrap.Publish(mine)

    def test_who_lost_the_claim_leaves(self):
        assert kind(self.decide("active", control=True, record=record())) == "Leave"

    def test_who_finds_another_swarm_recorded_leaves(self):
        step = self.decide("active", control=True, record=RECORDED, identity=OTHER)
        assert kind(step) == "Leave"

    def test_who_finds_its_own_swarm_recorded_goes_on(self):
        step = self.decide("active", control=True, record=RECORDED, identity=OURS)
        assert step == bootstrap.Complete()

    def test_who_cannot_tell_its_own_swarm_waits(self):
        assert kind(self.decide("pending", record=RECORDED)) == "Wait"

    def test_a_locked_swarm_that_was_never_recorded_is_given_up(self):
        assert kind(self.decide("locked", record=record(owner="i-1"), identity=OURS)) == "Leave"

    def test_a_locked_swarm_that_was_recorded_is_not(self):
        step = self.decide("locked", record=RECORDED, identity=OURS)
        assert step == bootstrap.Complete()

    def test_a_swarm_that_could_not_be_made_is_given_up(self):
        assert kind(self.decide("error", record=record(owner="i-1"), error="no")) == "Leave"


class TestJoined:
    """After ``swarm join``."""

    @staticmethod
    def decide(state, since=NOW - 5, **seen):
        return decide(state, attempt=Attempt(JOINED, since), **seen)

    def test_a_join_under_way_is_waited_for(self):
        assert kind(self.decide("pending", record=RECORDED)) == "Wait"

    def test_a_join_that_gives_no_certificate_is_begun_anew(self):
        step = self.decide("pending", since=NOW - 61, record=RECORDED)
        assert kind(step) == "Leave"

    def test_a_node_that_was_let_in_is_waited_for_without_end(self):
        step = self.decide("pending", since=NOW - 6000, record=RECORDED, identity=OURS)
        assert kind(step) == "Wait"

    def test_a_failed_join_is_begun_anew(self):
        assert kind(self.decide("error", record=RECORDED, error="timeout")) == "Leave"

    def test_a_join_into_another_swarm_is_left(self):
        assert kind(self.decide("active", record=RECORDED, identity=OTHER)) == "Leave"

    def test_a_join_into_the_recorded_swarm_is_complete(self):
        step = self.decide("active", record=RECORDED, identity=OURS)
        assert step == bootstrap.Complete()

    def test_an_engine_that_was_restarted_right_after_the_join_is_unlocked(self):
        assert self.decide("locked", record=RECORDED, identity=OURS) == bootstrap.Unlock()
