"""From nothing: the agents alone form the swarm."""

import time

from bed.bed import Bed


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
