"""AWS fails at any call: borne where it passes by itself, else told, and finished by the next run.

The calls are all that an ``up`` from nothing, an update, a replacement and a destroy of the stack
local make. What passes by itself (throttling, status 500, lost connections and answers, what is not
seen yet) happens to every call of one run, at its first attempt. What does not (no permission, an
outage) happens to one call, or to one operation, of a run each.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from cases import (
    CASES,
    SLICES,
    UNSURE,
    Case,
    difference,
    files,
    is_tried,
    settled,
    succeeded,
    undisturbed,
)
from platforms import leftovers
from runs import Result, run
from snapshots import Cloud

from seawall_sandbox.emulator.faults import Kind, Per, Rule
from seawall_sandbox.emulator.injection import Injected, clear, inject, injected

QUICK = {"SEAWALL_SANDBOX_LONGEST_PAUSE": "0.02"}
SHORT = {**QUICK, "SEAWALL_SANDBOX_READ_TIMEOUT": "1"}
"""Less patience than users have, so that tests need little time; the latter where it is needed, as
calls take long on a busy machine."""

PASSING = {
    "throttled": Rule(Kind.THROTTLE, per=Per.CALL),
    "failed": Rule(Kind.SERVER_ERROR, per=Per.CALL),
    "failed after its effect": Rule(Kind.SERVER_ERROR, per=Per.CALL, effect=True),
    "cut off": Rule(Kind.RESET, per=Per.CALL),
    "cut off after its effect": Rule(Kind.RESET, per=Per.CALL, effect=True),
    "not answered": Rule(Kind.TIME_OUT, per=Per.CALL),
    "not answered after its effect": Rule(Kind.TIME_OUT, per=Per.CALL, effect=True),
    "not seen yet": Rule(Kind.NOT_FOUND, count=2),
}
SAMPLE = {
    ("failed after its effect", "up"),
    ("failed after its effect", "update"),
    ("failed after its effect", "replace"),
    ("failed after its effect", "destroy"),
    ("not seen yet", "up"),
    ("throttled", "destroy"),
    ("failed", "update"),
    ("cut off", "destroy"),
    ("cut off after its effect", "update"),
    ("not answered", "destroy"),
    ("not answered after its effect", "update"),
}
"""Every kind once, and the kind that most can go wrong with for every operation."""

OUTAGES = {
    "throttled": Rule(Kind.THROTTLE, count=0),
    "failing": Rule(Kind.SERVER_ERROR, count=0),
    "failing after its effect": Rule(Kind.SERVER_ERROR, count=0, effect=True),
    "cut off after its effect": Rule(Kind.RESET, count=0, effect=True),
}

_DENIED = re.compile(
    r"Could not [a-z ]+ aws:\S+ '[^']+': AWS refused (\w+) with \w+: .+ is not authorized to "
    r"perform: \S+ \(request id [0-9a-f-]{36}\)\. Give the caller that permission, then run again\."
)


@contextmanager
def faulty(cloud: Cloud, *rules: Rule) -> Iterator[None]:
    """The cloud with AWS's calls recorded, and failing as the rules say."""
    inject(cloud.directory, rules, recording=True)
    try:
        yield
    finally:
        clear(cloud.directory)


def broken(cloud: Cloud, case: Case, rule: Rule) -> tuple[Result, Injected]:
    """A run with a fault, and what the fault hit."""
    with faulty(cloud, rule):
        patience = SHORT if rule.kind is Kind.TIME_OUT else QUICK
        result = run(case.verb, cloud.directory, case.settings(), environment=patience)
        return result, injected(cloud.directory)


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("case", CASES)
def test_what_passes_by_itself_is_borne_at_every_call(case, kind, start, sample, record_property):
    if sample > 1 and (kind, case) not in SAMPLE:
        pytest.skip("not in the sample; `make test-faults` has it")
    what, rule = CASES[case], PASSING[kind]
    label = f"{case}-{kind.replace(' ', '-')}"
    _, inventory, left = undisturbed(start, what, label)
    with start.copy(start.directory.with_name(label)) as cloud:
        result, told = broken(cloud, what, rule)
        assert (result.failed, result.errors) == (False, [])
        assert difference(inventory, cloud.inventory()) == {}
        assert files(cloud) == left
        if what.verb == "destroy":
            assert leftovers(cloud.endpoint) == {}
        else:
            settled(cloud, what)
    if rule.kind is not Kind.NOT_FOUND:
        looks = [call for call in told.calls if call.operation.startswith(("Describe", "Get"))]
        assert [c for c in looks if c.attempt == 1 and c.fault is None] == []
        assert {c.operation for c in told.calls if c.fault} == {c.operation for c in told.calls}
    record_property(f"{case}: calls {kind}", told.hits[0])


def operations(start: Cloud, case: Case, name: str) -> Counter[tuple[str, str]]:
    """How often each operation is called when nothing fails."""
    with start.copy(start.directory.with_name(f"{name}-calls")) as cloud, faulty(cloud):
        succeeded(run(case.verb, cloud.directory, case.settings()))
        return Counter((call.service, call.operation) for call in injected(cloud.directory).calls)


def finished(cloud: Cloud, case: Case, inventory: dict[str, int], left: list[str]) -> None:
    """Run without faults, and see that all is there, once."""
    again = succeeded(run(case.verb, cloud.directory, case.settings()))
    assert [message for message in again.messages or () if UNSURE.search(message)] == []
    assert difference(inventory, cloud.inventory()) == {}
    assert files(cloud) == left
    if case.verb == "destroy":
        assert leftovers(cloud.endpoint) == {}


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("case", CASES)
def test_a_refusal_is_told_and_the_next_run_finishes(case, part, start, sample, record_property):
    what, label = CASES[case], f"{case}-denied-{part}"
    _, inventory, left = undisturbed(start, what, label)
    counts = operations(start, what, label)
    points = [
        (*operation, nth + 1) for operation in sorted(counts) for nth in range(counts[operation])
    ]
    tried = 0
    for point, (service, operation, nth) in enumerate(points):
        if not is_tried(point, part, sample):
            continue
        rule = Rule(Kind.ACCESS_DENIED, service, operation, nth)
        with start.copy(start.directory.with_name(f"{label}-{point}")) as cloud:
            result, told = broken(cloud, what, rule)
            if not told.hits[0]:
                continue  # fewer calls this time: a wait that took fewer looks
            where = f"{case}, {operation} {nth}"
            assert result.failed, where
            errors = result.errors or []
            assert len(errors) == 1, (where, errors)
            told_of = _DENIED.fullmatch(errors[0])
            assert told_of is not None, (where, errors)
            assert told_of[1] == operation, where
            tried += 1
            finished(cloud, what, inventory, left)
            if what.verb == "up" and point % 5 == 0:
                settled(cloud, what)
    record_property(f"{case}: calls denied", tried)


@pytest.mark.parametrize("kind", OUTAGES)
@pytest.mark.parametrize("case", CASES)
def test_an_outage_is_told_and_the_next_run_finishes(case, kind, start, sample, record_property):
    what, rule = CASES[case], OUTAGES[kind]
    label = f"{case}-outage-{kind.replace(' ', '-')}"
    _, inventory, left = undisturbed(start, what, label)
    tried = 0
    for point, (service, operation) in enumerate(sorted(operations(start, what, label))):
        if (point + list(OUTAGES).index(kind) * 5) % min(sample, 31):
            continue
        with start.copy(start.directory.with_name(f"{label}-{point}")) as cloud:
            result, told = broken(cloud, what, replace(rule, service=service, operation=operation))
            where = f"{case}, {operation} {kind}"
            errors = result.errors or []
            assert told.hits[0], (where, errors)
            # What took effect is found again, where AWS can still be asked.
            assert result.failed or rule.effect, where
            assert result.failed == bool(errors), (where, errors)
            for error in errors:
                assert re.search(rf"AWS (refused|failed in|broke off) {operation}\b", error), (
                    where,
                    error,
                )
                assert "request id" in error, (where, error)
                assert "Run again in a while" in error, (where, error)
            tried += 1
            finished(cloud, what, inventory, left)
    record_property(f"{case}: operations {kind}", tried)
