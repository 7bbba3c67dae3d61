"""How a release is going, and what to do then.

Values in, verdicts out: nothing here talks to an engine or to AWS. Services and tasks are the
objects of Docker's API (https://docs.docker.com/reference/api/engine/), the manifest is the
release's ``manifest.json``. Python 3.9, standard library.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seawall_node.release import part

REJECTIONS = 3
"""How often nodes may refuse a service's tasks before its release is given up."""
SETTLING = 2.0
"""Seconds after a change in which Swarm may not have begun to act on it."""

WAITING, HEALTHY, FAILED = "waiting", "healthy", "failed"
WAIT, DONE, ROLL_BACK, GIVE_UP = "wait", "done", "roll back", "give up"

_IGNORED = ("Runtime", "Placement")
"""Parts of a task's specification that may differ from the service's without a new task: a default
that only the service spells out, and places that the task's node still satisfies."""


@dataclass(frozen=True)
class Verdict:
    """How a release, or one service of it, is doing."""

    state: str
    reason: str = ""
    """Why it is not healthy, as a sentence for people."""


def judge(
    manifest: Mapping[str, Any],
    services: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
    now: float,
) -> Verdict:
    """How a release is doing. ``now``: seconds since 1970.

    Healthy: every service has as many tasks of its new specification as it should have, all running
    for the service's ``monitor`` time (a task with a health check runs only once that succeeded),
    and no update under way. Failed: Swarm paused an update or went back, or nodes refuse its tasks.
    """
    by_name = {service["Spec"]["Name"]: service for service in services}
    waiting: list[str] = []
    failed: list[str] = []
    for name, expected in sorted(manifest["services"].items()):
        service = by_name.get(expected["object"])
        own = [task for task in tasks if service and task["ServiceID"] == service["ID"]]
        verdict = judge_service(expected, service, own, now)
        if verdict.state == FAILED:
            failed.append(f"{name}: {verdict.reason}")
        elif verdict.state == WAITING:
            waiting.append(f"{name}: {verdict.reason}")
    # A service that goes back is let go: two changes at once would be hard to tell apart.
    if failed and not any(_state(service) == "rollback_started" for service in services):
        return Verdict(FAILED, " ".join(failed))
    if failed or waiting:
        return Verdict(WAITING, " ".join([*failed, *waiting]))
    return Verdict(HEALTHY)


def judge_service(
    expected: Mapping[str, Any],
    service: Mapping[str, Any] | None,
    tasks: Sequence[Mapping[str, Any]],
    now: float,
) -> Verdict:
    """How one service is doing; ``expected`` is its entry in the manifest."""
    if service is None:
        return Verdict(WAITING, "it is not there yet.")
    new = [task for task in tasks if is_current(task, service)]
    state, said = _state(service), part(service, "UpdateStatus").get("Message", "")
    if state in ("paused", "rollback_paused", "rollback_completed"):
        # After a rollback the failed tasks are those of the specification that is no longer the
        # service's.
        why = failure_reason(tasks) or said or "Swarm does not say why."
        what = {
            "paused": "the update failed and was stopped",
            "rollback_paused": "the update failed, and so did going back",
            "rollback_completed": "the update failed and Swarm went back",
        }[state]
        return Verdict(FAILED, f"{what}: {why}")
    if state == "rollback_started":
        return Verdict(WAITING, f"the update failed, going back: {failure_reason(tasks) or said}")
    settled = _settled(expected, service, tasks, new, now)
    rejected = [task for task in new if task["Status"]["State"] == "rejected"]
    if settled.state != HEALTHY and len(rejected) >= REJECTIONS:
        return Verdict(FAILED, f"nodes refuse its tasks: {failure_reason(rejected)}")
    if state == "updating":
        return Verdict(WAITING, f"the update is under way. {failure_reason(new)}".strip())
    return settled


def _settled(
    expected: Mapping[str, Any],
    service: Mapping[str, Any],
    tasks: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    now: float,
) -> Verdict:
    """A service that Swarm is not updating: are its tasks there, and have they stayed?"""
    calm = max(float(expected["monitor"]), SETTLING)
    good = [task for task in new if _is_good(task, ends=bool(expected["ends"]))]
    count = expected["tasks"]
    if count is None:
        wanted = [task for task in tasks if task["DesiredState"] == "running"]
        count = max(1, len(wanted))
    if len(good) < count:
        trouble = failure_reason(new) or failure_reason(tasks)
        return Verdict(WAITING, f"{len(good)} of {count} tasks run. {trouble}".strip())
    since = max([seconds(service["UpdatedAt"])] + [seconds(t["Status"]["Timestamp"]) for t in good])
    if now - since < calm:
        return Verdict(WAITING, f"all {count} tasks run, for {max(0.0, now - since):.0f} s so far.")
    return Verdict(HEALTHY)


def next_step(verdict: Verdict, elapsed: float, limit: float, previous: str | None) -> str:
    """What to do: wait, be done, go back to the previous release, or give up where there is none.

    ``elapsed`` and ``limit`` in seconds since the deployment.
    """
    if verdict.state == HEALTHY:
        return DONE
    if verdict.state == WAITING and elapsed < limit:
        return WAIT
    return ROLL_BACK if previous else GIVE_UP


def is_current(task: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    """Whether a task is of the service's present specification."""
    wanted, has = (
        {key: value for key, value in spec.items() if key not in _IGNORED}
        for spec in (service["Spec"]["TaskTemplate"], task["Spec"])
    )
    iteration = part(service, "JobStatus").get("JobIteration")
    same_run = iteration is None or task.get("JobIteration") == iteration
    return wanted == has and same_run


def failure_reason(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Why tasks fail or cannot start: the newest error of each kind; empty if none has one."""
    texts: dict[str, None] = {}
    for task in sorted(tasks, key=lambda each: str(each["Status"]["Timestamp"]), reverse=True):
        status = task["Status"]
        if not status.get("Err"):
            continue
        text = str(status["Err"]).strip().rstrip(".")
        code = part(status, "ContainerStatus").get("ExitCode")
        if code and f"({code})" not in text:
            text += f" (exit code {code})"
        texts.setdefault(text)
    return " ".join(f"{text}." for text in list(texts)[:3])


def seconds(timestamp: str) -> float:
    """A time of Docker's API as seconds since 1970; its nanoseconds are cut to microseconds."""
    whole, _, fraction = timestamp.rstrip("Z").partition(".")
    moment = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return moment + float(f"0.{fraction[:6] or 0}")


def _state(service: Mapping[str, Any]) -> str:
    """How the service's last update goes; empty without one."""
    return str(part(service, "UpdateStatus").get("State", ""))


def _is_good(task: Mapping[str, Any], *, ends: bool) -> bool:
    state = task["Status"]["State"]
    if state == "complete":
        return ends
    return state == "running" and task["DesiredState"] == "running"
