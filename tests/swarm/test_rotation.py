"""Tokens, unlock key and certificate authority are rotated, and what is published follows."""

import pytest
from bed.bed import Bed

from seawall_node.errors import EngineError

DOCKER_ALONE = "#!/bin/sh\nsystemctl start docker.service\n"


def test_a_leaked_token_opens_nothing_after_the_rotation(swarm: Bed):
    leaked = {role: swarm.aws.token(role) for role in ("manager", "worker")}
    swarm.managers[0].agent("rotate", "tokens")
    for role, old in leaked.items():
        assert swarm.aws.token(role) != old
    rogue = swarm.launch_worker("a", DOCKER_ALONE)
    try:
        swarm.await_("its engine", rogue.engine.is_up)
        for old in leaked.values():
            with pytest.raises(EngineError, match="valid join token is necessary"):
                rogue.engine.swarm_join(
                    RemoteAddrs=["10.20.1.10:2377"], JoinToken=old, ListenAddr="0.0.0.0:2377"
                )
    finally:
        swarm.terminate(rogue)
    worker = swarm.workers[0]
    swarm.terminate(worker)
    swarm.launch_worker(worker.design.zone)
    swarm.await_whole()


def test_a_manager_that_was_off_during_the_rotation_is_unlocked_with_the_previous_key(swarm: Bed):
    leader = swarm.leader()
    absent = next(each for each in swarm.managers if each is not leader)
    before = swarm.aws.unlock_key()
    swarm.stop(absent)
    leader.agent("rotate", "unlock-key")
    assert swarm.aws.unlock_key() != before
    swarm.start(absent)

    def unlocked() -> list:
        return [line for line in absent.events("boot") if line["event"] == "unlocked"]

    assert swarm.await_("an unlocked manager", unlocked)[-1]["key"] == "previous"
    swarm.await_whole()


def test_a_rotation_that_was_cut_off_is_published_by_the_leader(swarm: Bed):
    swarm.leader().engine.swarm_update(rotateWorkerToken=True)
    wanted = swarm.leader().engine.swarm()["JoinTokens"]["Worker"]
    swarm.await_("the published token", lambda: swarm.aws.token("worker") == wanted)


def test_the_certificate_authority_is_rotated_but_not_while_a_node_is_away(swarm: Bed):
    worker = swarm.workers[0]
    swarm.stop(worker)
    swarm.await_("its absence", lambda: any(node.state == "down" for node in swarm.nodes()))
    before = swarm.leader().engine.swarm()["TLSInfo"]["TrustRoot"]
    with pytest.raises(Exception, match="is not there"):
        swarm.managers[0].agent("rotate", "ca")
    swarm.start(worker)
    swarm.await_whole()
    swarm.managers[0].agent("rotate", "ca")
    swarm.await_whole()
    assert swarm.leader().engine.swarm()["TLSInfo"]["TrustRoot"] != before
    tokens = swarm.leader().engine.swarm()["JoinTokens"]
    assert swarm.aws.token("worker") == tokens["Worker"]
