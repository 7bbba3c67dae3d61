"""How the agent judges a rollout, from the objects of Docker's API."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_node.rollout import (
    DONE,
    FAILED,
    GIVE_UP,
    HEALTHY,
    ROLL_BACK,
    WAIT,
    WAITING,
    Verdict,
    failure_reason,
    is_current,
    judge,
    next_step,
    seconds,
)

NEW = {"ContainerSpec": {"Image": "web:2"}, "ForceUpdate": 0}
OLD = {"ContainerSpec": {"Image": "web:1"}, "ForceUpdate": 0}
THEN = "2026-11-22T10:00:00.123456789Z"
NOW = seconds(THEN) + 60
MANIFEST = {
    "services": {"web": {"object": "shop_web", "tasks": 2, "monitor": 5.0, "ends": False}},
}


def service(update="", message="", spec=NEW, updated=THEN, **more):
    return {
        "ID": "s1",
        "UpdatedAt": updated,
        "Spec": {"Name": "shop_web", "TaskTemplate": {**spec, "Runtime": "container"}},
        **({"UpdateStatus": {"State": update, "Message": message}} if update else {}),
        **more,
    }


def task(state="running", *, spec=NEW, desired="running", error="", code=0, at=THEN, **more):
    status = {"State": state, "Timestamp": at, "Err": error, "ContainerStatus": {"ExitCode": code}}
    return {"ServiceID": "s1", "DesiredState": desired, "Spec": spec, "Status": status, **more}


def verdict(having, found=None, *, now=NOW, **expected):
    manifest = copy.deepcopy(MANIFEST)
    manifest["services"]["web"].update(expected)
    return judge(manifest, [service() if found is None else found], having, now)


def test_all_tasks_of_the_new_specification_run_and_stay():
    assert verdict([task(), task()]) == Verdict(HEALTHY)
    assert verdict([task(), task()], service("completed")) == Verdict(HEALTHY)


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([], "web: 0 of 2 tasks run."),
        ([task()], "web: 1 of 2 tasks run."),
        ([task(), task(spec=OLD)], "web: 1 of 2 tasks run."),
        ([task(), task(desired="shutdown")], "web: 1 of 2 tasks run."),
        ([task(), task("starting")], "web: 1 of 2 tasks run."),
        ([task(), task("complete")], "web: 1 of 2 tasks run."),
        (
            [task(), task("pending", error="no suitable node (insufficient resources on 3 nodes)")],
            "web: 1 of 2 tasks run. no suitable node (insufficient resources on 3 nodes).",
        ),
    ],
)
def test_too_few_tasks_are_waited_for(tasks, words):
    assert verdict(tasks) == Verdict(WAITING, words)


def test_tasks_must_stay_for_the_time_of_watching():
    young = "2026-11-22T10:00:57Z"
    assert verdict([task(), task(at=young)]).state == WAITING
    assert verdict([task(), task(at=young)], monitor=2.0).state == HEALTHY
    assert verdict([task(), task()], service(updated=young)).state == WAITING
    # Swarm may not have begun to act on a change of a moment ago.
    assert verdict([task(), task()], service(updated="2026-11-22T10:00:59Z"), monitor=0).state == (
        WAITING
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paused", "the update failed and was stopped: task: non-zero exit (3)."),
        ("rollback_paused", "the update failed, and so did going back: task: non-zero exit (3)."),
        ("rollback_completed", "the update failed and Swarm went back: task: non-zero exit (3)."),
    ],
)
def test_an_update_that_swarm_ended_has_failed(state, words):
    failed = task("failed", desired="shutdown", error="task: non-zero exit (3)", code=3)
    assert verdict([task(), task(), failed], service(state, "x")) == Verdict(
        FAILED, f"web: {words}"
    )


def test_a_reason_is_swarms_own_where_no_task_has_one():
    said = "update paused due to failure or early termination of task abc"
    assert said in verdict([], service("paused", said)).reason


def test_going_back_is_waited_for_before_anything_else_is_done():
    manifest = copy.deepcopy(MANIFEST)
    manifest["services"]["api"] = {**manifest["services"]["web"], "object": "shop_api"}
    paused = {**service("paused", "p"), "ID": "s2"}
    paused["Spec"] = {**paused["Spec"], "Name": "shop_api"}
    going = judge(manifest, [service("rollback_started", "r"), paused], [], NOW)
    assert going.state == WAITING
    assert judge(manifest, [service("rollback_completed"), paused], [], NOW).state == FAILED


def test_an_update_under_way_is_not_healthy_yet():
    assert verdict([task(), task()], service("updating")).state == WAITING


def test_nodes_that_refuse_tasks_again_and_again():
    refused = task("rejected", desired="shutdown", error="No such image: web:2")
    assert verdict([refused] * 2).state == WAITING
    assert verdict([refused] * 3) == Verdict(
        FAILED, "web: nodes refuse its tasks: No such image: web:2."
    )
    assert verdict([refused] * 3 + [task(), task()]).state == HEALTHY
    of_before = task("rejected", spec=OLD, error="x")
    assert verdict([of_before] * 9 + [task(), task()]).state == HEALTHY


def test_a_crash_at_a_first_start_is_only_waited_for():
    crash = task("failed", desired="shutdown", error="task: non-zero exit (1)", code=1)
    assert verdict([crash] * 9).state == WAITING


def test_a_service_that_ends_is_well_when_it_has_ended():
    ended = task("complete", desired="shutdown")
    assert verdict([ended], ends=True, tasks=1).state == HEALTHY
    assert verdict([task("failed", error="x")], ends=True, tasks=1).state == WAITING


def test_a_job_counts_the_tasks_of_this_run():
    job = service(JobStatus={"JobIteration": {"Index": 2}})
    before, now = {"Index": 1}, {"Index": 2}
    ended = task("complete", desired="complete", JobIteration=before)
    assert verdict([ended], job, ends=True, tasks=1).state == WAITING
    ended = task("complete", desired="complete", JobIteration=now)
    assert verdict([ended], job, ends=True, tasks=1).state == HEALTHY


def test_a_global_service_has_the_tasks_that_swarm_wants():
    assert verdict([], tasks=None).state == WAITING
    assert verdict([task(), task()], tasks=None).state == HEALTHY
    assert verdict([task(), task("starting")], tasks=None).state == WAITING
    assert verdict([task(), task(spec=OLD)], tasks=None).state == WAITING


def test_a_service_that_is_missing():
    assert judge(MANIFEST, [], [], NOW) == Verdict(WAITING, "web: it is not there yet.")


def test_no_tasks_are_wanted():
    assert verdict([], tasks=0).state == HEALTHY


def test_places_and_defaults_do_not_make_a_new_task():
    placed = service(spec={**NEW, "Placement": {"Constraints": ["node.labels.a == b"]}})
    assert is_current(task(), placed)
    assert not is_current(task(spec={**NEW, "ForceUpdate": 1}), service())


@pytest.mark.parametrize(
    ("state", "elapsed", "previous", "step"),
    [
        (HEALTHY, 9, "r1", DONE),
        (WAITING, 9, "r1", WAIT),
        (WAITING, 10, "r1", ROLL_BACK),
        (WAITING, 10, None, GIVE_UP),
        (FAILED, 1, "r1", ROLL_BACK),
        (FAILED, 1, None, GIVE_UP),
    ],
)
def test_what_is_done_next(state, elapsed, previous, step):
    assert next_step(Verdict(state), elapsed, 10, previous) == step


def test_reasons_are_the_newest_of_each_kind():
    early, late = "2026-11-22T10:00:00Z", "2026-11-22T10:00:09Z"
    found = failure_reason(
        [
            task("failed", error="a", at=early),
            task("failed", error="b.", code=7, at=late),
            task("failed", error="a", at=late),
            task(),
        ]
    )
    assert found == "b (exit code 7). a."


@given(st.lists(st.sampled_from(["running", "failed", "rejected", "starting", "complete"])))
def test_never_healthy_with_fewer_tasks_than_wanted(states):
    found = verdict([task(state) for state in states])
    assert (found.state == HEALTHY) == (states.count("running") >= 2)
    assert bool(found.reason) == (found.state != HEALTHY)
