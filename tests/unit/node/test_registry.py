"""What the table says about nodes that are there, and about those that are no more."""

from fakes import FakeTable, manager, worker

from seawall_node import registry
from seawall_node.config import ManagerSlot
from seawall_node.registry import Changes
from seawall_node.swarm import INSTANCE_LABEL

NOW = 5000.0
SLOTS = (ManagerSlot("1a", "10.0.1.10", "us-east-1a"),)
M1 = manager("m1", labels={INSTANCE_LABEL: "i-m1"}, engine="20.10.24")
W1 = worker("w1", labels={INSTANCE_LABEL: "i-w1"})


def plan(nodes, known=None):
    return registry.plan(nodes, SLOTS, known or {}, {"i-m1": "us-east-1a"}, NOW)


def after(changes, known):
    return {
        **{name: item for name, item in known.items() if name not in changes.delete},
        **changes.put,
    }


FIRST = plan([M1, W1]).put


def test_nodes_and_slots_are_noted():
    assert FIRST == {
        "node#i-m1": {
            "nodeId": "m1", "role": "manager", "zone": "us-east-1a", "slot": "1a",
            "engine": "20.10.24", "state": "ready", "seen": NOW,
        },
        "node#i-w1": {
            "nodeId": "w1", "role": "worker", "engine": "", "state": "ready", "seen": NOW,
        },
        "slot#1a": {"nodeId": "m1"},
    }  # fmt: skip


def test_nothing_is_written_twice():
    assert plan([M1, W1], FIRST) == Changes({}, ())


def test_an_id_that_is_off_the_list_is_noted_as_removed():
    changes = plan([M1], FIRST)
    assert changes.delete == ("node#i-w1",)
    assert set(changes.put) == {"removed#w1"}
    assert plan([M1], after(changes, FIRST)) == Changes({}, ())


def test_a_manager_that_is_off_the_list_leaves_its_slot_free():
    changes = plan([W1], FIRST)
    assert set(changes.delete) == {"node#i-m1", "slot#1a"}
    assert set(changes.put) == {"removed#m1"}


def test_a_slot_with_a_new_instance_keeps_its_node():
    replaced = manager("m1", labels={INSTANCE_LABEL: "i-new"}, engine="20.10.24")
    changes = plan([replaced, W1], FIRST)
    assert set(changes.put) == {"node#i-new"}
    assert changes.delete == ("node#i-m1",)


def test_a_slot_is_of_the_member_that_is_there():
    old = manager("m0", state="down", created_at="2026-06-01T00:00:00Z")
    assert plan([M1, old]).put["slot#1a"] == {"nodeId": "m1"}


def test_an_eviction_ends_when_the_node_is_off_the_list():
    asked = {"evict#1a": {"nodeId": "m1"}}
    assert "evict#1a" not in plan([M1, W1], {**FIRST, **asked}).delete
    assert "evict#1a" in plan([W1], {**FIRST, **asked}).delete


def test_tombstones_are_written_before_anything_is_deleted():
    order = []

    class Table(FakeTable):
        def put(self, item_id, values):
            del values
            order.append(item_id)

        def delete(self, item_id):
            order.append("delete " + item_id)

    registry.write(Table(), Changes({"node#a": {}, "removed#w1": {}}, ("node#i-w1",)))
    assert order == ["removed#w1", "node#a", "delete node#i-w1"]
