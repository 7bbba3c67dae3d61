"""What is removed from the list of nodes, and above all what is not."""

import pytest
from fakes import manager, worker

from seawall_node import reaper
from seawall_node.cloud import Instance
from seawall_node.swarm import INSTANCE_LABEL

NOW = 1000.0
ME = "i-me"


def on(instance):
    return {"labels": {INSTANCE_LABEL: instance}}


def ec2(**states):
    found = {"me": "running", **states}
    return {
        f"i-{name}": Instance(f"i-{name}", state, "us-east-1a", ("10.0.0.1",))
        for name, state in found.items()
    }


def plan(nodes, instances, evictions=(), since=NOW - 100):
    down = {node.id: since for node in nodes if node.state != "ready"}
    return reaper.plan(nodes, instances, ME, down_since=down, now=NOW, evictions=evictions)


def removed(found):
    return [removal.node.id for removal in found.removals]


THREE = [manager(f"m{n}", address=f"10.0.{n}.10") for n in (1, 2, 3)]
DEAD = worker("w1", state="down", **on("i-w1"))


def test_a_worker_whose_instance_is_terminated_goes():
    assert removed(plan([*THREE, DEAD], ec2(w1="terminated"))) == ["w1"]


def test_a_worker_whose_instance_ec2_does_not_know_any_more_goes():
    assert removed(plan([*THREE, DEAD], ec2())) == ["w1"]


@pytest.mark.parametrize("state", ["running", "stopped", "stopping", "pending", "shutting-down"])
def test_a_worker_whose_instance_may_come_back_stays(state):
    assert removed(plan([*THREE, DEAD], ec2(w1=state))) == []


@pytest.mark.parametrize("answer", [None, {}], ids=["failed", "empty"])
def test_nothing_is_done_on_a_failed_or_empty_answer(answer):
    found = plan([*THREE, DEAD], answer, evictions={"m1"})
    assert found.removals == ()
    assert "EC2" in found.held


def test_nothing_is_done_on_an_answer_without_who_asks():
    answer = {name: each for name, each in ec2(w1="terminated").items() if name != ME}
    found = plan([*THREE, DEAD], answer)
    assert found.removals == ()
    assert "not complete" in found.held


def test_a_worker_that_is_there_stays_whatever_ec2_says():
    assert removed(plan([*THREE, worker("w1", **on("i-w1"))], ec2())) == []


def test_a_worker_that_has_just_gone_down_stays_for_now():
    assert removed(plan([*THREE, DEAD], ec2(), since=NOW - 10)) == []


def test_a_worker_of_unknown_instance_stays():
    assert removed(plan([*THREE, worker("w1", state="down")], ec2())) == []


@pytest.mark.parametrize(("workers", "allowed"), [(1, 1), (3, 1), (8, 2), (40, 10)])
def test_a_run_removes_a_quarter_of_the_workers_at_most(workers, allowed):
    dead = [worker(f"w{n}", state="down", **on(f"i-w{n}")) for n in range(workers)]
    found = plan([*THREE, *dead], ec2())
    assert len(found.removals) == allowed
    assert bool(found.held) == (workers > allowed)


def test_the_old_id_of_an_instance_that_joined_anew_goes():
    new = worker("w2", created_at="2026-02-02T00:00:00Z", **on("i-w1"))
    assert removed(plan([*THREE, DEAD, new], ec2(w1="running"))) == ["w1"]


def test_a_manager_is_not_reaped_because_its_instance_is_terminated():
    dead = manager("m3", address="10.0.3.10", state="down", **on("i-m3"))
    dead = type(dead)(**{**vars(dead), "reachability": "unreachable"})
    assert removed(plan([*THREE[:2], dead], ec2(m3="terminated"))) == []


def unreachable(node_id, address):
    node = manager(node_id, address=address, state="down")
    return type(node)(**{**vars(node), "reachability": "unreachable"})


def test_a_manager_whose_slot_starts_empty_goes():
    nodes = [*THREE[:2], unreachable("m3", "10.0.3.10")]
    assert removed(plan(nodes, ec2(), evictions={"m3"})) == ["m3"]


def test_a_manager_that_is_there_is_not_evicted():
    assert removed(plan(THREE, ec2(), evictions={"m3"})) == []


def test_a_manager_whose_place_is_taken_goes():
    nodes = [*THREE, unreachable("old", "10.0.3.10")]
    assert removed(plan(nodes, ec2())) == ["old"]


def test_one_manager_a_run():
    nodes = [*THREE, unreachable("m4", "10.0.4.10"), unreachable("m5", "10.0.5.10")]
    assert removed(plan(nodes, ec2(), evictions={"m4", "m5"})) == ["m4"]


def test_no_manager_without_a_quorum():
    nodes = [THREE[0], unreachable("m2", "10.0.2.10"), unreachable("m3", "10.0.3.10")]
    found = plan(nodes, ec2(), evictions={"m2", "m3"})
    assert found.removals == ()
    assert "quorum" in found.held
