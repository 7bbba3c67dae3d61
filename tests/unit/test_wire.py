"""The conversion between protobuf messages and property values."""

import datetime as dt

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall_sandbox import values
from seawall_sandbox.values import UNKNOWN, Asset, ResourceReference, Secret
from seawall_sandbox.wire import WireError, from_struct, from_value, to_struct, to_value

TEXT = st.text(max_size=8).filter(lambda text: text not in values.UNKNOWN_STRINGS)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()),
    TEXT,
    st.just(UNKNOWN),
    st.builds(ResourceReference, TEXT, st.one_of(st.none(), TEXT, st.just(UNKNOWN)), TEXT),
    st.builds(lambda text: Asset({"text": text}), TEXT),
)
KEYS = st.text(max_size=5).filter(lambda key: key != values.SIGNATURE_KEY)
PLAIN = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
ANY = st.recursive(
    PLAIN | st.builds(Secret, PLAIN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


def struct(content: dict) -> struct_pb2.Struct:
    return json_format.ParseDict(content, struct_pb2.Struct())


@settings(max_examples=40)
@given(st.dictionaries(KEYS, ANY, max_size=4))
def test_what_is_written_is_read_back(properties):
    assert from_struct(to_struct(properties)) == properties


@settings(max_examples=40)
@given(st.dictionaries(KEYS, ANY, max_size=4))
def test_without_secrets_no_secret_is_written_or_read(properties):
    plain = values.without_secrets(properties)
    assert from_struct(to_struct(properties, secrets=False)) == plain
    assert from_struct(to_struct(properties), secrets=False) == plain


def test_the_signatures_are_the_protocols():
    properties = {
        "password": Secret({"a": 1}),
        "later": UNKNOWN,
        "vpc": ResourceReference("urn:vpc", "vpc-1", "7.0.0"),
        "file": Asset({"path": "a.txt"}),
        "tree": Asset({"assets": {"a": Asset({"text": "x"})}}, archive=True),
    }
    key = "4dabf18193072939515e22adb298388d"
    assert json_format.MessageToDict(to_struct(properties)) == {
        "password": {key: "1b47061264138c4ac30d75fd1eb44270", "value": {"a": 1.0}},
        "later": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "vpc": {
            key: "5cf8f73096256a8f31e491e813e4eb8e",
            "urn": "urn:vpc",
            "id": "vpc-1",
            "packageVersion": "7.0.0",
        },
        "file": {key: "c44067f5952c0a294b673a41bacd8c17", "path": "a.txt"},
        "tree": {
            key: "0def7320c3a5731c473e5ecbe6d01bc7",
            "assets": {"a": {key: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}},
        },
    }


def test_an_output_value_becomes_its_value_and_its_dependencies_are_kept():
    signed = {values.SIGNATURE_KEY: values.OUTPUT_SIGNATURE}
    message = struct(
        {
            "known": {**signed, "value": [{**signed, "value": 1, "dependencies": ["urn:b"]}]},
            "unknown": {**signed, "dependencies": ["urn:a"]},
            "secret": {**signed, "value": "s", "secret": True},
            "unknownSecret": {**signed, "secret": True},
        }
    )
    dependencies: set[str] = set()
    assert from_struct(message, dependencies=dependencies) == {
        "known": [1],
        "unknown": UNKNOWN,
        "secret": Secret("s"),
        "unknownSecret": Secret(UNKNOWN),
    }
    assert dependencies == {"urn:a", "urn:b"}
    assert from_struct(message, secrets=False)["unknownSecret"] is UNKNOWN


def test_a_secret_within_a_secret_is_one_secret():
    inner = {values.SIGNATURE_KEY: values.SECRET_SIGNATURE, "value": "s"}
    outer = {values.SIGNATURE_KEY: values.SECRET_SIGNATURE, "value": [inner]}
    assert from_struct(struct({"p": outer})) == {"p": Secret(["s"])}
    assert to_value(Secret([Secret("s")])) == to_value(Secret(["s"]))


@pytest.mark.parametrize("text", sorted(values.UNKNOWN_STRINGS))
def test_every_unknown_of_the_protocol_is_read(text):
    assert from_value(struct_pb2.Value(string_value=text)) is UNKNOWN


@pytest.mark.parametrize(
    ("number", "expected"), [(3.0, int), (-2.0, int), (0.5, float), (float("inf"), float)]
)
def test_whole_numbers_are_integers(number, expected):
    assert type(from_value(struct_pb2.Value(number_value=number))) is expected


def test_empty_containers_and_the_empty_value():
    assert from_struct(to_struct({"d": {}, "l": []})) == {"d": {}, "l": []}
    assert from_value(struct_pb2.Value()) is None


@pytest.mark.parametrize(
    "content",
    [
        {values.SIGNATURE_KEY: values.SECRET_SIGNATURE},
        {values.SIGNATURE_KEY: values.RESOURCE_SIGNATURE, "id": "x"},
        {values.SIGNATURE_KEY: "no-such-signature"},
    ],
)
def test_a_malformed_wrapper_is_refused(content):
    with pytest.raises(WireError):
        from_struct(struct({"p": content}))


def test_a_value_that_the_protocol_cannot_carry_is_named_by_its_path():
    with pytest.raises(WireError, match=r"a\.b\[1\] is a date,"):
        to_struct({"a": {"b": [1, dt.date(2026, 1, 1)]}})
