"""The planner by itself: plain values in, steps out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.difference import replace_on_changes
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.graph import DependencyGraph
from seawall_sandbox.engine.plan import Planner
from seawall_sandbox.engine.resource import Alias, Goal, State
from seawall_sandbox.engine.serialize import order
from seawall_sandbox.events import Op
from seawall_sandbox.protocol import DiffKind, DiffResult

PROVIDER = "urn:pulumi:dev::lab::pulumi:providers:test::p::1"


def urn(name):
    return f"urn:pulumi:dev::lab::test:index:Thing::{name}"


def state(name, **fields):
    return State(
        urn=urn(name),
        type="test:index:Thing",
        custom=True,
        id=name,
        provider=PROVIDER,
        **fields,
    )


def goal(name, **fields):
    return Goal(type="test:index:Thing", name=name, custom=True, inputs={}, **fields)


def steps(planner, asked, diff):
    registration = planner.register(asked)
    planner.check_inputs(registration)
    return [
        (step.op, step.urn.rpartition("::")[2])
        for step in planner.steps(registration, diff, dict, lambda *_: DiffResult(changed=False))
    ]


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        (DiffResult(changed=False), [Op.SAME]),
        (DiffResult(changed=True, diffs=("size",)), [Op.UPDATE]),
        (DiffResult(changed=True, replaces=("kind",)), [Op.CREATE_REPLACEMENT, Op.REPLACE]),
        (
            DiffResult(changed=True, replaces=("kind",), delete_before_replace=True),
            [Op.DELETE_REPLACED, Op.REPLACE, Op.CREATE_REPLACEMENT],
        ),
    ],
)
def test_a_difference_decides_the_steps(diff, expected):
    planner = Planner("dev", "lab", [state("a")])
    assert [op for op, _ in steps(planner, goal("a"), diff)] == expected


def test_what_waits_for_deletion_is_deleted_with_all_else():
    waiting = state("a", delete=True)
    planner = Planner("dev", "lab", [state("a"), waiting, state("b")])
    steps(planner, goal("a"), DiffResult(changed=False))
    assert [(step.op, step.old) for step in planner.deletions()] == [
        (Op.DELETE_REPLACED, waiting),
        (Op.DELETE, planner.resources[2]),
    ]


def test_an_interrupted_replacement_is_taken_up_again():
    planner = Planner("dev", "lab", [state("a", pending_replacement=True)])
    first = DiffResult(changed=False, delete_before_replace=True)
    assert steps(planner, goal("a"), first) == [(Op.REPLACE, "a"), (Op.CREATE_REPLACEMENT, "a")]
    assert planner.deletions() == []


def test_init_errors_lead_to_an_update():
    planner = Planner("dev", "lab", [state("a", init_errors=("x",))])
    assert steps(planner, goal("a"), DiffResult(changed=False)) == [(Op.UPDATE, "a")]


def test_a_protected_dependent_stops_a_replacement():
    dependent = state(
        "b", dependencies=(urn("a"),), property_dependencies={"x": (urn("a"),)}, protect=True
    )
    dependent.inputs = {"x": 1}
    planner = Planner("dev", "lab", [state("a"), dependent])
    registration = planner.register(goal("a"))
    with pytest.raises(EngineError, match=r"Thing::b.*as part of replacing"):
        planner.steps(
            registration,
            DiffResult(changed=True, replaces=("k",), delete_before_replace=True),
            dict,
            lambda *_: DiffResult(changed=True, replaces=("x",)),
        )


def test_an_alias_may_be_used_once():
    planner = Planner("dev", "lab", [state("old")])
    alias = Alias(name="old")
    planner.register(goal("one", aliases=(alias,)))
    with pytest.raises(EngineError, match=r"Duplicate resource alias .*old"):
        planner.register(goal("two", aliases=(alias,)))
    with pytest.raises(EngineError, match=r"conflicting with alias"):
        planner.register(goal("old"))


def test_an_unknown_parent_is_named():
    planner = Planner("dev", "lab", [])
    with pytest.raises(
        EngineError, match=r"parent urn:pulumi:dev::lab::a:b:C::p .* not registered"
    ):
        planner.register(goal("a", parent="urn:pulumi:dev::lab::a:b:C::p"))


def test_urns_carry_the_types_of_parents_but_the_stack():
    stack = urns.build("dev", "lab", "", urns.STACK_TYPE, "lab-dev")
    group = urns.build("dev", "lab", stack, "my:Group", "g")
    inner = urns.build("dev", "lab", group, "my:Inner", "i::j")
    assert stack == "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"
    assert group == "urn:pulumi:dev::lab::my:Group::g"
    assert inner == "urn:pulumi:dev::lab::my:Group$my:Inner::i::j"
    assert urns.parse(inner) == ("dev", "lab", "my:Group$my:Inner", "i::j")
    assert urns.type_of(inner) == "my:Inner"


@pytest.mark.parametrize("text", ["", "urn:x", "urn:pulumi:a::b::c"])
def test_what_is_no_urn_is_refused(text):
    with pytest.raises(EngineError, match="not a URN"):
        urns.parse(text)


def test_provider_references():
    reference = urns.parse_reference(PROVIDER)
    assert (reference.id, str(reference)) == ("1", PROVIDER)
    with pytest.raises(EngineError, match="not a provider reference"):
        urns.parse_reference(f"{urn('a')}::1")


def test_replace_on_changes_reads_paths():
    diff = DiffResult(
        changed=True,
        diffs=("tags",),
        detailed={"tags.x": DiffKind.UPDATE, "tags.y": DiffKind.ADD},
    )
    result = replace_on_changes(diff, ("tags.x",), has_init_errors=False)
    assert result.replaces == ("tags",)
    assert result.detailed == {"tags.x": DiffKind.UPDATE_REPLACE, "tags.y": DiffKind.ADD}
    assert replace_on_changes(diff, ("other",), has_init_errors=False).replaces == ()
    assert replace_on_changes(DiffResult(changed=False), ("*",), has_init_errors=True).replaces == (
        "#initerror",
    )


def graph_states(edges):
    """States 0, 1, 2...: each depends on earlier ones."""
    return [
        state(str(n), dependencies=tuple(urn(str(d % n)) for d in needs) if n else ())
        for n, needs in enumerate(edges)
    ]


@given(st.lists(st.lists(st.integers(0, 20), max_size=3), max_size=12))
def test_deletion_waits_for_exactly_the_direct_dependents(edges):
    states = graph_states(edges)
    before = DependencyGraph(states).deletion(states)
    for one in states:
        expected = {other.urn for other in states if one.urn in other.dependencies}
        assert {other.urn for other in before[id(one)]} == expected


@given(st.lists(st.lists(st.integers(0, 20), max_size=3), max_size=12), st.randoms())
def test_order_puts_dependencies_first_and_loses_nothing(edges, random):
    states = graph_states(edges)
    shuffled = list(states)
    random.shuffle(shuffled)
    result = order(shuffled)
    assert sorted(map(id, result)) == sorted(map(id, states))
    places = {one.urn: place for place, one in enumerate(result)}
    assert all(places[d] < places[one.urn] for one in states for d in one.dependencies)
    assert order(result) == result


@given(st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=1, max_size=12))
def test_depending_on_is_the_closure(edges):
    states = graph_states(edges)
    reached = {states[0].urn}
    for one in states[1:]:
        if reached.intersection(one.dependencies):
            reached.add(one.urn)
    found = DependencyGraph(states).depending_on(states[0])
    assert {one.urn for one in found} | {states[0].urn} == reached
