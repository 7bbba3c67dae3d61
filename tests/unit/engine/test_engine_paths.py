import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.engine import paths
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.values import Secret


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.array[0]", ("root", "array", 0)),
        ("root.array[100].nested", ("root", "array", 100, "nested")),
        ('root["key with \\"escaped\\" quotes"]', ("root", 'key with "escaped" quotes')),
        ('root["key with a ."]', ("root", "key with a .")),
        ('["root key"].nested', ("root key", "nested")),
        ("root.array[*].field", ("root", "array", "*", "field")),
        ("a.*", ("a", "*")),
    ],
)
def test_parse(text, parts):
    assert paths.parse(text) == parts


@pytest.mark.parametrize("text", ["a[", "a[x]", 'a["b', "a[-1]", 'a["b"'])
def test_malformed_paths_are_refused(text):
    with pytest.raises(EngineError, match="malformed"):
        paths.parse(text)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tags", "tags.x", True),
        ("tags.x", "tags", False),
        ("tags.*", "tags.x", True),
        ("items[*].name", "items[3].name", True),
        ("items[1]", "items[2]", False),
        ("*", "anything.at[0].all", True),
    ],
)
def test_contains(pattern, path, expected):
    assert paths.contains(paths.parse(pattern), paths.parse(path)) is expected


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("a", {"a": 1}, {"a": 2}, {"a": 1}),
        ("a", {"a": 1}, {}, {"a": 1}),
        ("a", {}, {"a": 2}, {}),
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ("a.*", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1}}),
        ("a[0]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 4]}),
        ("a[*].b", {"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 3}, {}]}, {"a": [{"b": 1}, {"b": 2}]}),
        ("a[*]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 2]}),
        ("a.b", {"a": Secret({"b": 1})}, {"a": {"b": 2}}, {"a": {"b": Secret(1)}}),
        ("a.b", {"a": Secret({"b": 1})}, {"a": Secret({"b": 2})}, {"a": Secret({"b": 1})}),
        ("x.y.z", {}, {"a": 1}, {"a": 1}),
    ],
)
def test_reset(path, old, new, expected):
    assert paths.reset(new, old, (path,)) == (expected, ())


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a[1]", {"a": [1, 2]}, {"a": [1]}),
        ("a[*]", {"a": [1, 2]}, {"a": [1]}),
        ("a.b.c", {"a": {"b": {"c": 1}}}, {"a": {}}),
        ("a[0].b", {"a": []}, {"a": [{"b": 1}]}),
        ("a.b", {"a": {"b": 1}}, {"a": 3}),
    ],
)
def test_reset_says_what_it_cannot_keep(path, old, new):
    assert paths.reset(new, old, (path,))[1] == (path,)


_leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=8,
)
_properties = st.dictionaries(st.sampled_from("abc"), _values)


@given(_properties, _properties)
def test_reset_keeps_the_named_property_and_no_other(old, new):
    before = repr(new)
    result, failed = paths.reset(new, old, ("a",))
    assert failed == ()
    assert ("a" in result) == ("a" in old)
    assert result.get("a") == old.get("a")
    assert {k: v for k, v in result.items() if k != "a"} == {
        k: v for k, v in new.items() if k != "a"
    }
    assert repr(new) == before
