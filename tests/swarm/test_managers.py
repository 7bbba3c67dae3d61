"""Managers die, in every number, and come back."""

import time

import pytest
from bed.bed import Bed


def membership(swarm: Bed) -> dict[str, str]:
    """Node id of each manager by its address, as raft has it."""
    return {node.manager_address: node.id for node in swarm.nodes() if node.manager_address}


def replace(swarm: Bed, machine) -> None:
    """The instance of a slot is terminated, and its autoscaling group starts another."""
    swarm.terminate(machine)
    swarm.launch_manager(machine.design.slot)


def test_a_manager_that_dies_comes_back_as_itself(swarm: Bed):
    before = membership(swarm)
    leader = swarm.leader()
    victim = next(each for each in swarm.managers if each is not leader)
    began = time.monotonic()
    replace(swarm, victim)
    swarm.await_whole()
    print(f"\nmanager replaced in {time.monotonic() - began:.1f} s")
    assert membership(swarm) == before
    assert swarm.aws.record()["clusterId"]["S"] == swarm.leader().engine.swarm()["ID"]


def test_the_leader_dies_and_comes_back_as_itself(swarm: Bed):
    before = membership(swarm)
    victim = swarm.leader()
    began = time.monotonic()
    swarm.terminate(victim)
    swarm.await_("another leader", lambda: swarm.leader() is not victim)
    print(f"\nanother leader after {time.monotonic() - began:.1f} s")
    swarm.launch_manager(victim.design.slot)
    swarm.await_whole()
    assert membership(swarm) == before


def test_two_of_three_die_and_nothing_is_forced_and_the_quorum_returns(swarm: Bed):
    before = membership(swarm)
    version = swarm.aws.record()["version"]
    leader = swarm.leader()
    for victim in (leader, next(each for each in swarm.managers if each is not leader)):
        swarm.terminate(victim)
    (survivor,) = swarm.managers
    swarm.await_("the loss of the leader", lambda: not survivor.engine.state().control)
    time.sleep(10)
    assert not survivor.engine.state().control, "the survivor must not rule alone"
    present = {survivor.design.slot}
    swarm.launch(set(swarm.aws.slots) - present)
    swarm.await_whole()
    assert membership(swarm) == before
    assert swarm.aws.record()["version"] == version, "nobody touched the record"


def test_all_reboot_at_once(swarm: Bed):
    before = {node.id: node.instance for node in swarm.nodes()}
    machines = list(swarm.machines)
    for machine in machines:
        swarm.stop(machine)
    for machine in machines:
        swarm.start(machine)
    swarm.await_whole()
    assert {node.id: node.instance for node in swarm.nodes()} == before
    for machine in swarm.managers:
        events = [line["event"] for line in machine.events("boot")]
        assert "unlocked" in events, "autolock was on"
        assert "leave" not in events


def test_a_restarted_engine_is_unlocked_by_the_agent_that_runs(swarm: Bed):
    leader = swarm.leader()
    machine = next(each for each in swarm.managers if each is not leader)
    machine.run("systemctl", "stop", "docker.service")
    machine.run("systemctl", "start", "docker.service")
    swarm.await_("an unlocked manager", lambda: machine.engine.state().control)
    swarm.await_whole()
    assert any(line["event"] == "unlocked" for line in machine.events("watch"))


def test_a_slot_whose_volume_is_lost_is_evicted_and_then_joins_anew(swarm: Bed):
    before = membership(swarm)
    leader = swarm.leader()
    victim = next(each for each in swarm.managers if each is not leader)
    swarm.terminate(victim)
    swarm.erase(victim.design.slot)
    began = time.monotonic()
    swarm.launch_manager(victim.design.slot)
    most = 0

    def back() -> bool:
        nonlocal most
        nodes = swarm.nodes()
        most = max(most, sum(node.is_member for node in nodes))
        return len(nodes) == 5 and swarm.reachable() == 3

    swarm.await_("the slot with a new node", back, 150)
    swarm.await_whole()
    print(f"\nevicted and joined in {time.monotonic() - began:.1f} s")
    after = membership(swarm)
    assert set(after) == set(before)
    assert sum(after[address] != before[address] for address in before) == 1
    assert most == 3, "the dead was evicted before the new one was admitted"


@pytest.mark.parametrize("zone", ["b"])
def test_a_zone_is_lost_and_comes_back(swarm: Bed, zone):
    before = {node.id for node in swarm.nodes()}
    swarm.cut_zone(zone, off=True)
    swarm.await_("the loss", lambda: swarm.reachable() == 2)
    swarm.cut_zone(zone, off=False)
    swarm.await_whole()
    assert {node.id for node in swarm.nodes()} == before
