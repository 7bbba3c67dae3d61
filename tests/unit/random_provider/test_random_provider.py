"""The random provider."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.protocol import DiffKind, ProviderError, ResourceState
from seawall_sandbox.random import RandomProvider
from seawall_sandbox.random.resources import SPECIAL
from seawall_sandbox.values import UNKNOWN

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"
URN = "urn:pulumi:dev::shop::random:index/randomPassword:RandomPassword::database"


@pytest.fixture
def provider():
    return RandomProvider()


def check(provider, type_, inputs):
    return provider.check(URN, type_, None, inputs, b"seed")


def create(provider, type_, inputs, *, preview=False):
    return provider.create(URN, type_, inputs, preview=preview, timeout=0)


def diff(provider, before, after, ignore=()):
    old = ResourceState("none", {}, before)
    return provider.diff(URN, PASSWORD, old, after, ignore)


def test_the_inputs_are_kept_as_they_are_and_defaults_are_outputs(provider):
    assert check(provider, PASSWORD, {"length": 20}).inputs == {"length": 20}
    state = create(provider, PASSWORD, {"length": 20})
    assert state.id == "none"
    assert state.secret_outputs == {"result"}
    assert {k: v for k, v in state.outputs.items() if k != "result"} == {
        "length": 20,
        "lower": True,
        "upper": True,
        "numeric": True,
        "number": True,
        "special": True,
        "minLower": 0,
        "minNumeric": 0,
        "minSpecial": 0,
        "minUpper": 0,
    }


@given(
    st.integers(1, 40),
    st.lists(st.integers(0, 5), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_a_password_has_its_length_its_minima_and_only_what_is_wanted(extra, minima, wanted):
    if not any(wanted):
        wanted = [True, *wanted[1:]]
    names = ("Upper", "Lower", "Numeric", "Special")
    sets = (string.ascii_uppercase, string.ascii_lowercase, string.digits, SPECIAL)
    inputs = {"length": extra + sum(minima)}
    inputs |= {f"min{name}": least for name, least in zip(names, minima, strict=True)}
    inputs |= {name.lower(): flag for name, flag in zip(names, wanted, strict=True)}
    provider = RandomProvider()
    assert not check(provider, PASSWORD, inputs).failures
    result = create(provider, PASSWORD, inputs).outputs["result"]
    assert len(result) == inputs["length"]
    for characters, least, flag in zip(sets, minima, wanted, strict=True):
        count = sum(character in characters for character in result)
        assert count >= least
        assert flag or count == least


def test_two_passwords_differ(provider):
    made = {create(provider, PASSWORD, {"length": 32}).outputs["result"] for _ in range(20)}
    assert len(made) == 20


def test_number_is_the_old_name_of_numeric(provider):
    outputs = create(provider, PASSWORD, {"length": 200, "number": False}).outputs
    assert outputs["numeric"] is False
    assert not set(outputs["result"]) & set(string.digits)


def test_own_special_characters(provider):
    inputs = {
        "length": 50,
        "overrideSpecial": "_",
        **dict.fromkeys(("upper", "lower", "numeric"), False),
    }
    assert create(provider, PASSWORD, inputs).outputs["result"] == "_" * 50


def test_a_preview_knows_all_but_the_password(provider):
    state = create(provider, PASSWORD, {"length": UNKNOWN, "minLower": 2}, preview=True)
    assert state.id == ""
    assert state.outputs["result"] is UNKNOWN
    assert state.outputs["length"] is UNKNOWN
    assert state.outputs["minLower"] == 2
    assert state.secret_outputs == {"result"}


def test_an_id_in_all_its_forms(provider):
    state = create(provider, ID, {"byteLength": 4, "prefix": "p-"})
    content = bytes.fromhex(state.outputs["hex"].removeprefix("p-"))
    assert len(content) == 4
    assert state.outputs["dec"] == f"p-{int.from_bytes(content)}"
    assert state.outputs["b64Url"] == f"p-{state.id}"
    assert "=" not in state.id
    assert state.outputs["b64Std"].endswith("==")


@pytest.mark.parametrize(
    ("type_", "inputs", "property_", "words"),
    [
        (PASSWORD, {}, "length", "required"),
        (PASSWORD, {"length": 0}, "length", "at least 1"),
        (PASSWORD, {"length": "20"}, "length", "whole number"),
        (PASSWORD, {"length": True}, "length", "whole number"),
        (PASSWORD, {"length": 20, "lenght": 3}, "lenght", "Did you mean length"),
        (PASSWORD, {"length": 3, "minUpper": 2, "minLower": 2}, "length", "less than"),
        (
            PASSWORD,
            {"length": 3, **dict.fromkeys(("upper", "lower", "numeric", "special"), False)},
            "special",
            "must be true",
        ),
        (PASSWORD, {"length": 3, "keepers": "x"}, "keepers", "a map"),
        (ID, {"byteLength": 0}, "byteLength", "at least 1"),
    ],
)
def test_bad_arguments_are_refused(provider, type_, inputs, property_, words):
    failures = check(provider, type_, inputs).failures
    assert [failure.property for failure in failures] == [property_]
    assert words in failures[0].reason


def test_unknown_arguments_are_not_judged(provider):
    assert not check(provider, PASSWORD, {"length": UNKNOWN, "minLower": 99}).failures
    assert not check(provider, ID, {"byteLength": UNKNOWN}).failures


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"length": 8}, {"length": 8}, {}),
        ({"length": 8}, {"length": 8, "special": True}, {}),
        ({"length": 8}, {"length": 9}, {"length": DiffKind.UPDATE_REPLACE}),
        ({"length": 8}, {"length": UNKNOWN}, {"length": DiffKind.UPDATE_REPLACE}),
        ({"length": 8}, {"length": 8, "upper": False}, {"upper": DiffKind.ADD_REPLACE}),
        (
            {"length": 8, "keepers": {"a": "1"}},
            {"length": 8},
            {"keepers": DiffKind.DELETE_REPLACE},
        ),
    ],
)
def test_every_real_change_replaces(provider, before, after, kinds):
    result = diff(provider, before, after)
    assert result.detailed == kinds
    assert result.replaces == tuple(kinds)
    assert result.changed == bool(kinds)
    assert not result.delete_before_replace


def test_ignored_changes_are_no_changes(provider):
    before, after = {"length": 8, "keepers": {"a": "1"}}, {"length": 9, "keepers": {"a": "2"}}
    assert diff(provider, before, after, ("keepers.a",)).replaces == ("length",)


def test_reading_keeps_what_is_on_record(provider):
    outputs = {"length": 8, "result": "x"}
    state = provider.read(URN, PASSWORD, "none", {"length": 8}, outputs)
    assert (state.id, state.outputs, state.secret_outputs) == ("none", outputs, {"result"})
    with pytest.raises(ProviderError, match="cannot import"):
        provider.read(URN, PASSWORD, "none", {}, {})


def test_what_it_does_not_have_is_named(provider):
    with pytest.raises(ProviderError, match=r"RandomCat.*RandomId, random:index/randomInt"):
        provider.check(URN, "random:index/randomCat:RandomCat", None, {}, b"")
    assert provider.supports(ID)
    assert not provider.supports("random:index/randomCat:RandomCat")


def token(name):
    return f"random:index/{name[0].lower()}{name[1:]}:{name}"


@pytest.mark.parametrize(
    ("name", "inputs", "id_of", "secret"),
    [
        ("RandomString", {"length": 12, "special": False}, lambda o: o["result"], set()),
        ("RandomBytes", {"length": 8}, lambda o: o["base64"], {"base64", "hex"}),
        ("RandomInteger", {"min": 3, "max": 9}, lambda o: str(o["result"]), set()),
        ("RandomUuid", {}, lambda o: o["result"], set()),
        ("RandomShuffle", {"inputs": ["a", "b"]}, lambda _: "-", set()),
    ],
)
def test_the_other_types_have_their_ids_and_outputs(provider, name, inputs, id_of, secret):
    checked = check(provider, token(name), inputs)
    assert checked.failures == ()
    preview = create(provider, token(name), checked.inputs, preview=True)
    assert preview.id == ""
    unknown = {key for key, value in preview.outputs.items() if value is UNKNOWN}
    state = create(provider, token(name), checked.inputs)
    assert state.outputs.keys() == preview.outputs.keys()
    assert unknown
    for key, value in preview.outputs.items():
        assert value is UNKNOWN or value == state.outputs[key]
    assert state.id == id_of(state.outputs)
    assert state.secret_outputs == secret


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_pet_has_as_many_words_as_are_asked_for(provider, length):
    inputs = {"length": length, "prefix": "my", "separator": "."}
    state = create(provider, token("RandomPet"), inputs)
    assert len(state.id.split(".")) == length + 1
    assert state.id.startswith("my.")
    assert state.outputs == inputs
    default = create(provider, token("RandomPet"), {})
    assert len(default.id.split("-")) == 2
    assert default.outputs == {"length": 2, "separator": "-"}


def test_numbers_and_orders_keep_within_what_is_asked_for(provider):
    numbers = {
        create(provider, token("RandomInteger"), {"min": 1, "max": 2}).outputs["result"]
        for _ in range(64)
    }
    assert numbers == {1, 2}
    seeded = {"min": 1, "max": 10**9, "seed": "s"}
    first, second = (create(provider, token("RandomInteger"), seeded) for _ in range(2))
    assert first.id == second.id
    texts = {"inputs": ["a", "b", "c"], "resultCount": 7}
    results = create(provider, token("RandomShuffle"), texts).outputs["results"]
    assert len(results) == 7
    assert sorted(results[:3]) == sorted(results[3:6]) == ["a", "b", "c"]
    nothing = create(provider, token("RandomShuffle"), {"inputs": []})
    assert nothing.outputs["results"] == []


@pytest.mark.parametrize(
    ("name", "inputs", "words"),
    [
        ("RandomInteger", {"min": 3, "max": 2}, "more than max"),
        ("RandomBytes", {"length": 0}, "at least 1"),
        ("RandomPet", {"length": 0}, "at least 1"),
        ("RandomShuffle", {"inputs": "a"}, "must be a list"),
        ("RandomShuffle", {}, "required"),
    ],
)
def test_what_the_other_types_refuse(provider, name, inputs, words):
    assert words in check(provider, token(name), inputs).failures[0].reason
