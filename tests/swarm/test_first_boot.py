"""From nothing: the agents alone form the swarm."""

import time
from collections.abc import Iterator

import pytest
from bed.bed import Bed

from seawall_node import identity


def test_three_managers_and_two_workers_from_nothing(bed: Bed):
    began = time.monotonic()
    bed.launch(["1a", "2b", "3c"], ["a", "b"])
    bed.await_("a quorum of three", lambda: bed.reachable() == 3)
    quorum = time.monotonic() - began
    bed.await_whole()
    labelled = time.monotonic() - began
    print(f"\nfirst boot to quorum {quorum:.1f} s, to all labelled {labelled:.1f} s")

    record = bed.aws.record()
    nodes = {node.instance: node for node in bed.nodes()}
    for machine in bed.machines:
        node, design = nodes[machine.id], machine.design
        assert node.role == design.role
        assert node.availability == ("drain" if design.role == "manager" else "active")
        own = {"seawall.slot": design.slot} if design.slot else {"seawall.pool": "workers"}
        assert node.labels == {
            "seawall.instance": machine.id,
            "seawall.zone": "us-east-1" + design.zone,
            **own,
        }
        identity = machine.run("cat", "/var/lib/docker/swarm/certificates/swarm-node.crt")
        assert "BEGIN CERTIFICATE" in identity
    assert record["phase"]["S"] == "initialised"
    assert record["clusterId"]["S"] == bed.leader().engine.swarm()["ID"]

    made = [
        machine
        for machine in bed.managers
        if any(line["event"] == "init" for line in machine.events("boot"))
    ]
    assert len(made) == 1, "one manager makes the swarm, the others join it"
    for machine in bed.machines:
        for unit in ("prepare", "boot", "watch"):
            text = str(machine.events(unit))
            assert "SWMTKN-1" not in text
            assert "SWMKEY-1" not in text


def clusters(bed: Bed) -> set[str]:
    """Ids of all swarms that any manager is in, whether it has a leader or not."""
    return {identity_of(machine).cluster_id for machine in bed.managers}


def identity_of(machine):
    path = "/var/lib/docker/swarm/certificates/swarm-node.crt"
    return identity.parse(machine.run("cat", path).encode())


ROUNDS = 5


def test_three_first_boots_at_once_again_and_again():
    with Bed(workers=False) as bed:
        for number in range(ROUNDS):
            began = time.monotonic()
            bed.launch(["1a", "2b", "3c"])
            bed.await_("a quorum of three", lambda: bed.reachable() == 3)
            print(f"\nround {number + 1}: quorum after {time.monotonic() - began:.1f} s")
            assert clusters(bed) == {bed.aws.record()["clusterId"]["S"]}
            bed.start_over()


@pytest.fixture(scope="module")
def hasty() -> Iterator[Bed]:
    """A bed where a claim lasts some seconds only."""
    with Bed(workers=False, lease_seconds=8) as made:
        yield made


@pytest.mark.parametrize("comes_back", [True, False], ids=["back", "replaced"])
@pytest.mark.parametrize("after", ["claimed", "init", "recorded"])
def test_the_winner_is_killed_and_there_is_one_swarm(hasty: Bed, after, comes_back):
    bed = hasty
    bed.start_over()
    machines = bed.launch(["1a", "2b", "3c"])

    def reached() -> list:
        return [
            each for each in machines if any(line["event"] == after for line in each.events("boot"))
        ]

    victim = bed.await_(f"somebody who has {after}", reached)[0]
    if comes_back:
        bed.stop(victim)
    else:
        bed.terminate(victim)
    recorded = bed.aws.record().get("clusterId")
    if comes_back:
        bed.start(victim)
    else:
        bed.launch_manager(victim.design.slot)
    bed.await_("a quorum of three", lambda: bed.reachable() == 3, 120)
    now = bed.aws.record()["clusterId"]
    assert recorded in (None, now), "what was recorded stays"
    assert clusters(bed) == {now["S"]}
    assert len(bed.nodes()) == 3
