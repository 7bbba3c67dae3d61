"""A drain, step by step: nothing stops before something else serves."""

from dataclasses import replace

import pytest
from fakes import worker

from seawall_node import drain
from seawall_node.drain import Request, Service, Target

NOW = 1000.0
REQUEST = Request("i-w1", NOW, NOW + 100)
ACTIVE = worker("w1")
PAUSED = worker("w1", availability="pause")
DRAINED = worker("w1", availability="drain")
WEB = Service("s1", "web", 2, {}, here=1, elsewhere=1)
SURGED = replace(WEB, replicas=3, labels={"seawall.surge.w1": "1"})
MOVED = replace(SURGED, elsewhere=2)
HEALTHY = Target("tg", "healthy", 1)


def decide(node, services=(), targets=(), now=NOW):
    return drain.decide(node, services, targets, REQUEST, now)


def test_first_no_new_task_comes():
    assert decide(ACTIVE, [WEB], [HEALTHY]) == drain.SetAvailability("pause")


def test_then_each_service_gets_as_many_replicas_more_as_it_has_here():
    assert decide(PAUSED, [WEB], [HEALTHY]) == drain.Raise((WEB,))


def test_then_they_are_waited_for():
    assert decide(PAUSED, [SURGED], [HEALTHY]) == drain.Waiting("web start elsewhere")


def test_not_for_ever():
    assert decide(PAUSED, [SURGED], [HEALTHY], NOW + 50) == drain.Deregister(("tg",))


def test_then_the_load_balancer_is_told():
    assert decide(PAUSED, [MOVED], [HEALTHY]) == drain.Deregister(("tg",))


def test_but_only_once_another_target_is_healthy():
    alone = Target("tg", "healthy", 0)
    assert isinstance(decide(PAUSED, [MOVED], [alone]), drain.Waiting)
    assert decide(PAUSED, [MOVED], [alone], NOW + 85) == drain.Deregister(("tg",))


def test_then_its_last_connections_are_waited_for():
    draining = Target("tg", "draining", 1)
    assert isinstance(decide(PAUSED, [MOVED], [draining]), drain.Waiting)
    assert decide(PAUSED, [MOVED], [draining], NOW + 85) == drain.DrainAndLower((MOVED,))


@pytest.mark.parametrize("state", ["", "unused"])
def test_then_the_node_is_drained_and_the_replicas_lowered_at_once(state):
    assert decide(PAUSED, [MOVED], [Target("tg", state, 1)]) == drain.DrainAndLower((MOVED,))


def test_a_leader_that_comes_in_between_lowers_the_replicas():
    assert decide(DRAINED, [MOVED]) == drain.Lower((MOVED,))


def test_then_the_last_tasks_are_waited_for():
    assert isinstance(decide(DRAINED, [WEB]), drain.Waiting)
    assert decide(DRAINED, [replace(WEB, here=0, elsewhere=2)]) == drain.Empty()


def test_an_idle_node_is_empty_at_once():
    assert decide(PAUSED, [replace(WEB, here=0, elsewhere=2)]) == drain.DrainAndLower(())


def test_global_services_are_not_raised():
    everywhere = Service("s2", "agent", None, {}, here=1, elsewhere=2)
    assert decide(PAUSED, [everywhere]) == drain.DrainAndLower(())


SPEC = {
    "Name": "web",
    "Labels": {"team": "a"},
    "Mode": {"Replicated": {"Replicas": 2}},
    "TaskTemplate": {"ContainerSpec": {"Image": "web"}},
}


def test_raised_and_lowered_is_as_before_and_touches_no_task():
    raised = drain.raised(SPEC, "w1", 2)
    assert raised["Mode"]["Replicated"]["Replicas"] == 4
    assert raised["TaskTemplate"] == SPEC["TaskTemplate"]
    assert drain.lowered(raised, "w1") == SPEC


def test_two_drains_at_once_do_not_meet():
    both = drain.raised(drain.raised(SPEC, "w1", 1), "w2", 2)
    assert both["Mode"]["Replicated"]["Replicas"] == 5
    assert drain.lowered(drain.lowered(both, "w1"), "w2") == SPEC


def test_what_a_drain_left_behind_is_found():
    service = {"ID": "s1", "Spec": drain.raised(SPEC, "w1", 1)}
    assert drain.leftovers([service], ["w1"]) == []
    assert drain.leftovers([service], []) == [(service, "w1")]


def test_tasks_are_counted_here_and_elsewhere():
    service = {"ID": "s1", "Spec": SPEC}

    def task(node, state, desired="running"):
        status = {"Status": {"State": state}, "DesiredState": desired, "ServiceID": "s1"}
        return {**status, "NodeID": node} if node else status

    tasks = [
        task("w1", "running"),
        task("w1", "running", "shutdown"),
        task("w1", "shutdown", "shutdown"),
        task("w2", "running"),
        task("w2", "running", "shutdown"),
        task("w2", "starting"),
        task(None, "pending"),
    ]
    (view,) = drain.views([service], tasks, "w1")
    assert (view.here, view.elsewhere, view.replicas) == (2, 1, 2)
