"""A run that is killed anywhere is finished by the next one: nothing twice, nothing lost.

The points are all that ``runs`` knows, of an ``up`` from nothing, an update, a replacement and a
destroy of the stack local: after each provider call, between the requests to AWS within one, after
each line of the journal and each move of a file, and with a line of the journal half written.
"""

from collections import Counter

import pytest
from cases import (
    CASES,
    SLICES,
    UNSURE,
    difference,
    files,
    is_tried,
    settled,
    succeeded,
    undisturbed,
)
from platforms import leftovers
from runs import run

KINDS = {
    "call": "after a provider call",
    "between": "between the requests of a call",
    "write": "after a line of the journal",
    "half": "within a line of the journal",
    "before": "before a file is moved or deleted",
}


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("case", CASES)
def test_the_next_run_finishes_a_killed_one(case, part, start, sample, record_property):
    what, label = CASES[case], f"{case}-{part}"
    whole, inventory, left = undisturbed(start, what, label)
    assert len(whole.points) > 300
    tried: Counter[str] = Counter()
    for point in range(len(whole.points)):
        if not is_tried(point, part, sample):
            continue
        with start.copy(start.directory.with_name(f"{label}-{point}")) as cloud:
            killed = run(what.verb, cloud.directory, what.settings(), kill_at=point)
            if not killed.killed:
                continue  # fewer points this time: threads meet differently in each run
            where = f"{case}, point {point}: {killed.points[-1]}"
            tried[killed.points[-1].split()[0]] += 1
            told = run(what.verb, cloud.directory, what.settings())
            assert not told.failed, (where, told.messages)
            assert not [m for m in told.messages if UNSURE.search(m)], where
            assert difference(inventory, cloud.inventory()) == {}, where
            assert files(cloud) == left, where
            if what.verb == "destroy":
                assert leftovers(cloud.endpoint) == {}, where
            elif point % 5 == 0:
                settled(cloud, what)
    for kind, count in tried.items():
        record_property(f"{case}: killed {KINDS[kind]}", count)


def test_a_duplicate_would_be_seen(empty):
    """The matrix bites: without the look for what a killed run left, there is one address more."""
    _, inventory, _ = undisturbed(empty, CASES["up"], "blind")
    with empty.copy(empty.directory.with_name("blind")) as cloud:
        where = "call create shop-nat-1a"
        assert run("up", cloud.directory, kill_at=where, parallel=1).killed
        succeeded(run("up", cloud.directory, blind=True))
        assert difference(inventory, cloud.inventory()) == {"ec2 ElasticAddress": (3, 4)}
