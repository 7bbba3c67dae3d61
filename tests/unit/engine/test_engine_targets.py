"""Targets and excludes, as the stock engine documents them for up, destroy and refresh."""

import pytest
from engine_lab import ops

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.selection import Patterns, Selection
from seawall_sandbox.events import Severity

THING = "urn:pulumi:dev::lab::test:index:Thing::"
CHAIN = """
a = Thing("a", size={size})
b = Thing("b", size=a.arn, kind={kind})
c = Thing("c", size={size}, opts=O(parent=b))
d = Thing("d", size={size})
"""
C = "urn:pulumi:dev::lab::test:index:Thing$test:index:Thing::c"


def chain(size=1, kind=1):
    return CHAIN.format(size=size, kind=kind)


def errors(result):
    return [d.message for d in result.diagnostics if d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("pattern", "urn", "expected"),
    [
        ("a:b", "a:b", True),
        ("a:*", "a:b", True),
        ("a:*", "a:b:c", False),
        ("a:**", "a:b:c", True),
        ("**::x", "a::b::x", True),
        ("a.b*", "axb", False),
        ("a*", "ba", False),
    ],
)
def test_patterns(pattern, urn, expected):
    assert (urn in Patterns((pattern,))) is expected


def states(*edges):
    return [
        State(urn=urn, type="t", custom=True, dependencies=tuple(needs)) for urn, *needs in edges
    ]


def test_what_depends_on_a_target_is_deleted_with_it_or_not_at_all():
    resources = states("a", "ba", "cb", "d")
    selection = Selection(targets=Patterns(("a",)))
    assert selection.deletable(resources) == {"a", "b", "c"}
    assert [urn for urn in "abc" if selection.unasked(urn)] == ["b", "c"]
    selection.target_dependents = True
    assert not selection.unasked("b")


def test_what_an_excluded_resource_needs_is_kept():
    resources = states("a", "ba", "cb", "d")
    selection = Selection(excludes=Patterns(("b",)))
    assert selection.deletable(resources) == {"c", "d"}
    selection.exclude_dependents = True
    assert selection.deletable(resources) == {"d"}


def test_up_changes_targets_alone(lab):
    lab.up(chain())
    assert ops(lab.up(chain(size=2), targets=(f"{THING}d",))) == [("update", "d")]
    assert ops(lab.up()) == [("update", "a"), ("update", "c")]


def test_up_with_target_dependents_changes_what_depends_on_targets(lab):
    lab.up(chain())
    result = lab.up(chain(size=2, kind=2), targets=(f"{THING}b",), target_dependents=True)
    assert ops(result) == [
        ("create-replacement", "b"),
        ("replace", "b"),
        ("update", "c"),
        ("delete-replaced", "b"),
    ]


def test_targets_may_be_patterns(lab):
    lab.up(chain())
    result = lab.up(chain(size=2), targets=("urn:pulumi:*::lab::**Thing::c", f"{THING}d"))
    assert sorted(ops(result)) == [("update", "c"), ("update", "d")]


def test_up_leaves_excludes_and_what_depends_on_them_alone(lab):
    lab.up(chain())
    result = lab.preview(chain(size=2), excludes=(f"{THING}a",))
    assert sorted(ops(result)) == [("update", "c"), ("update", "d")]
    result = lab.preview(chain(size=2), excludes=(f"{THING}b",), exclude_dependents=True)
    assert ops(result) == [("update", "a"), ("update", "d")]


def test_a_target_that_needs_what_is_not_there_is_an_error(lab):
    result = lab.preview(chain(), targets=(f"{THING}b",))
    assert result.failed
    assert f"depends on {THING}a, which does not exist yet" in errors(result)[0]


def test_a_target_that_is_nowhere_is_an_error_after_up_and_before_anything_else(lab, cloud):
    lab.up(chain())
    calls = list(cloud.calls)
    result = lab.up(fails=True, targets=(f"{THING}nobody",))
    assert f"The stack has no resource {THING}nobody" in errors(result)[0]
    for verb in ("destroy", "refresh"):
        engine = lab.engine(targets=(f"{THING}nobody",))
        with pytest.raises(UsageError, match=r"no resource .*Thing::nobody"):
            getattr(engine, verb)()
    with pytest.raises(UsageError, match=r"no resource .*Thing::nobody"):
        lab.preview(replace=(f"{THING}nobody",))
    assert cloud.calls == calls


def test_a_target_that_the_program_creates_is_known(lab):
    assert ops(lab.up(chain(), targets=(f"{THING}d",))) == [("create", "d")]


def test_targets_and_excludes_do_not_go_together(lab):
    with pytest.raises(UsageError, match="not both"):
        lab.preview(chain(), targets=("a",), excludes=("b",))


def test_replace_does_not_make_a_target(lab):
    lab.up(chain())
    urn = f"{THING}d"
    result = lab.preview(chain(size=2), targets=(f"{THING}a",), replace=(urn,))
    assert ops(result) == [("update", "a")]
    result = lab.preview(chain(), targets=(urn,), replace=(urn,))
    assert [name for _, name in ops(result)] == ["d", "d", "d"]


def test_a_deletion_by_up_takes_no_dependent_along_unasked(lab, cloud):
    lab.up(chain())
    calls = list(cloud.calls)
    gone = 'Thing("d", size=1)'
    for verb in ("preview", "up"):
        result = getattr(lab.engine(gone, targets=(f"{THING}a",)), verb)()
        assert result.failed
        assert f"depending on them: {C}, {THING}b." in errors(result)[0]
    assert cloud.calls == calls
    result = lab.up(gone, targets=(f"{THING}a",), target_dependents=True)
    assert ops(result) == [("delete", "c"), ("delete", "b"), ("delete", "a")]


def test_a_targeted_destroy_with_dependents(lab, cloud):
    lab.up(chain())
    with pytest.raises(UsageError, match=r"depending on them: .*Thing::c\."):
        lab.destroy(targets=(f"{THING}b",))
    assert len(cloud.things) == 4
    result = lab.destroy(targets=(f"{THING}b",), target_dependents=True)
    assert ops(result) == [("delete", "c"), ("delete", "b")]
    assert set(lab.state()) == {"lab-dev", "default", "a", "d"}
    assert ops(lab.up(chain())) == [("create", "b"), ("create", "c")]


def test_a_destroy_keeps_excludes_and_what_they_need(lab):
    lab.up(chain())
    result = lab.destroy(excludes=(f"{THING}b",))
    assert sorted(ops(result)) == [("delete", "c"), ("delete", "d")]
    assert set(lab.state()) == {"lab-dev", "default", "a", "b"}


def test_refresh_reads_targets_alone(lab, cloud):
    lab.up(chain())
    for thing in cloud.things.values():
        thing["size"] = 9
    cloud.calls.clear()
    lab.engine(targets=(f"{THING}a",)).refresh()
    assert cloud.calls == [("read", "a")]
    cloud.calls.clear()
    lab.engine(targets=(f"{THING}b",), target_dependents=True).refresh()
    assert sorted(cloud.calls) == [("read", "b"), ("read", "c")]
    cloud.calls.clear()
    lab.up(refresh=True, targets=(f"{THING}d",))
    assert ("read", "a") not in cloud.calls
    assert ("read", "d") in cloud.calls
