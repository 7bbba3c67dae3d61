"""Labels come from EC2, and only to a node that is where it says it is."""

from fakes import manager, worker

from seawall_node import labels
from seawall_node.cloud import Instance
from seawall_node.swarm import INSTANCE_LABEL

W1 = Instance("i-w1", "running", "us-east-1a", ("10.0.1.50",), {"seawall:pool": "web"})
M1 = Instance("i-m1", "running", "us-east-1b", ("10.0.1.77", "10.0.1.10"), {"seawall:slot": "1b"})
EC2 = {each.id: each for each in (W1, M1)}
W1_LABELS = {"seawall.instance": "i-w1", "seawall.zone": "us-east-1a", "seawall.pool": "web"}


def says(instance):
    return {"engine_labels": {INSTANCE_LABEL: instance}}


def plan(*nodes):
    return {change.node.id: dict(change.labels) for change in labels.plan(nodes, EC2)}


def test_a_node_gets_what_ec2_says_of_its_instance():
    assert plan(worker(**says("i-w1"))) == {"w1": W1_LABELS}


def test_a_manager_is_known_by_the_address_of_its_slot():
    found = plan(manager(**says("i-m1")))
    assert found["m1"] == {
        "seawall.instance": "i-m1", "seawall.zone": "us-east-1b", "seawall.slot": "1b",
    }  # fmt: skip


def test_labels_of_others_stay_and_old_ones_of_ours_go():
    node = worker(**says("i-w1"), labels={"disk": "ssd", "seawall.slot": "1a"})
    assert plan(node) == {"w1": {"disk": "ssd", **W1_LABELS}}


def test_nothing_to_do_when_they_are_right():
    assert plan(worker(**says("i-w1"), labels=W1_LABELS)) == {}


def test_a_node_that_names_another_instance_gets_none():
    liar = worker(**says("i-m1"))
    assert plan(liar) == {}
    assert labels.foreign([liar, worker("ok", **says("i-w1"))], EC2) == [liar]


def test_a_node_that_is_down_or_unknown_to_ec2_gets_none():
    assert plan(worker(state="down", **says("i-w1")), worker(**says("i-zzz"))) == {}
