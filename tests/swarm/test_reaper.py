"""Dead workers leave the list, but never because EC2 did not tell."""

import time

from bed import proxy
from bed.bed import Bed

EMPTY = """<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>1</requestId><reservationSet/></DescribeInstancesResponse>"""
LONGER_THAN_THE_GRACE = 50


def answer(status: str, body: str):
    """Answer for EC2 in its place."""
    return lambda head: proxy.response(status, body) if proxy.is_for("ec2", head) else None


def held(swarm: Bed, words: str) -> bool:
    return any(
        words in str(line.get("note"))
        for machine in swarm.managers
        for line in machine.events("watch")
    )


def test_a_terminated_worker_is_removed_but_not_while_ec2_does_not_answer(swarm: Bed):
    victim = swarm.workers[0]
    (node,) = [each for each in swarm.nodes() if each.instance == victim.id]

    def listed() -> bool:
        return node.id in {each.id for each in swarm.nodes()}

    swarm.proxy.answer(answer("500 Internal Server Error", "<Error/>"))
    swarm.terminate(victim)
    time.sleep(LONGER_THAN_THE_GRACE)
    assert listed()
    swarm.await_("that it is said", lambda: held(swarm, "EC2 did not answer"))

    swarm.proxy.answer(answer("200 OK", EMPTY))
    swarm.await_("that it is said", lambda: held(swarm, "EC2 gave no instances"))
    assert listed()

    swarm.proxy.answer(None)
    began = time.monotonic()
    swarm.await_("the removal", lambda: not listed())
    print(f"\nremoved {time.monotonic() - began:.1f} s after EC2 was back")
    swarm.await_("its tombstone", lambda: swarm.aws.item(f"removed#{node.id}"))
    swarm.launch_worker(victim.design.zone)
    swarm.await_whole()


def test_a_stopped_worker_stays_in_the_list_and_comes_back(swarm: Bed):
    worker = swarm.workers[0]
    before = {node.id for node in swarm.nodes()}
    swarm.stop(worker)
    time.sleep(LONGER_THAN_THE_GRACE)
    assert {node.id for node in swarm.nodes()} == before
    swarm.start(worker)
    swarm.await_whole()
    assert {node.id for node in swarm.nodes()} == before


def test_a_worker_that_a_person_removed_joins_anew(swarm: Bed):
    worker = swarm.workers[0]
    (node,) = [each for each in swarm.nodes() if each.instance == worker.id]
    swarm.leader().engine.node_remove(node.id, force=True)
    swarm.await_("the removal", lambda: node.id not in {each.id for each in swarm.nodes()})
    swarm.await_whole()
    assert node.id not in {each.id for each in swarm.nodes()}
