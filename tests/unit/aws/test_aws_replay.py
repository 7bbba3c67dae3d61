"""The sandbox's answers against what the real provider answered (versions 5.35 to 6.58).

Recordings live outside the project. Where pulumi_aws 7's own types disagree with one, the types
win: those keys are named in ``NOT_IN_7``, and ``region`` is new in 7.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from seawall_sandbox.aws import registry
from seawall_sandbox.aws.iam.policy_document import policy_document
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.protocol import ResourceState
from seawall_sandbox.values import SIGNATURE_KEY, UNKNOWN, UNKNOWN_STRING

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "provider"
pytestmark = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason="the recordings of the real provider are not beside the checkout"
)

NOT_IN_7 = {
    "aws:ec2/vpc:Vpc": {"instanceTenancy"},  # Check filled it in until 5.x
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"privateDnsEnabled"},  # computed since 6.x
}
SIGNATURES = {SIGNATURE_KEY, "4dabf12345678901215e22adb298388d"}
"""Secrets in recordings: the recorder replaced digits in the tag, too."""


def tokens() -> dict[str, str]:
    return {
        f"{service}-{name[0].lower()}{name[1:]}": token.token
        for token in registry.resources()
        for service, name in [(token.token.split(":")[1].split("/")[0], token.token.split(":")[2])]
        if service == "ec2"
    }


def recordings(*methods: str, preview: bool = False) -> Iterator[Any]:
    if not FIXTURES.is_dir():
        return
    for stem, token in sorted(tokens().items()):
        path = FIXTURES / f"{stem}.jsonl"
        for index, line in enumerate(path.read_text().splitlines() if path.is_file() else ()):
            record = json.loads(line)
            request = record["request"]
            if record["method"] in methods and bool(request.get("preview")) is preview:
                yield pytest.param(
                    token, request, record["response"], id=f"{stem}-{index}-{request['name']}"
                )


def values(recorded: Any) -> Any:
    if recorded == UNKNOWN_STRING:
        return UNKNOWN
    if isinstance(recorded, dict):
        if recorded.keys() & SIGNATURES:
            return values(recorded["value"])
        return {key: values(item) for key, item in recorded.items() if key != "__meta"}
    if isinstance(recorded, list):
        return [values(item) for item in recorded]
    return recorded


def without_map_notes(of: Type | None, value: Any) -> Any:
    """Version 6 stopped noting defaults in maps, which can have none."""
    if of is None:
        return value
    if of.kind == "map" and isinstance(value, dict):
        return {k: v for k, v in value.items() if k != "__defaults"}
    if of.kind == "object" and isinstance(value, dict):
        return {
            k: without_map_notes(of.properties[k].type if k in of.properties else None, v)
            for k, v in value.items()
        }
    if of.kind == "list" and isinstance(value, list):
        return [without_map_notes(of.element, item) for item in value]
    return value


def comparable(token: str, inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    type_ = registry.resource(token)
    assert type_ is not None
    schema = type_.schema.inputs
    left_out = NOT_IN_7.get(token, set()) | {"region", "tagsAll"}
    result = {
        key: without_map_notes(schema[key].type, value)
        for key, value in inputs.items()
        if key in schema and key not in left_out
    }
    result["__defaults"] = [key for key in inputs["__defaults"] if key not in left_out]
    automatic = re.compile(re.escape(name) + r"-[0-9a-f]{7}")
    if "name" in result["__defaults"] and automatic.fullmatch(result["name"]):
        result["name"] = f"{name}-<automatic>"
    return result


@pytest.fixture
def provider() -> AwsProvider:
    provider = AwsProvider("http://127.0.0.1:1")
    provider.configure({"region": "us-west-2"})
    return provider


def urn_of(token: str, name: str) -> str:
    return f"urn:pulumi:dev::project::{token}::{name}"


@pytest.mark.parametrize(("token", "request_", "response"), list(recordings("Check")))
def test_check(provider: AwsProvider, token: str, request_: Any, response: Any) -> None:
    type_ = registry.resource(token)
    assert type_ is not None
    news = {k: v for k, v in values(request_["news"]).items() if k in type_.schema.inputs}
    olds = values(request_["olds"]) or None
    result = provider.check(urn_of(token, request_["name"]), token, olds, news, b"seed")
    assert result.failures == ()
    wanted = comparable(token, values(response["inputs"]), request_["name"])
    assert comparable(token, result.inputs, request_["name"]) == wanted
    assert result.inputs["region"] == "us-west-2"


@pytest.mark.parametrize(
    ("token", "request_", "response"), list(recordings("Create", preview=True))
)
def test_preview_of_create(provider: AwsProvider, token: str, request_: Any, response: Any) -> None:
    type_ = registry.resource(token)
    assert type_ is not None
    inputs = values(request_["properties"])
    urn = urn_of(token, request_["name"])
    state = provider.create(urn, token, inputs, preview=True, timeout=0)
    known = values(response["properties"])
    assert state.id == ""
    assert state.outputs == {k: v for k, v in known.items() if k in type_.schema.outputs | {"id"}}


@pytest.mark.parametrize(("token", "request_", "response"), list(recordings("Diff")))
def test_diff(provider: AwsProvider, token: str, request_: Any, response: Any) -> None:
    type_ = registry.resource(token)
    assert type_ is not None
    old = ResourceState(request_["id"], values(request_["olds"]), values(request_["oldInputs"]))
    news = values(request_["news"])
    result = provider.diff(urn_of(token, request_["name"]), token, old, news, ())
    assert result.changed is (response["changes"] != "DIFF_NONE")
    stables = set(response.get("stables", ())) & type_.schema.inputs.keys()
    assert stables <= set(result.stables)


@pytest.mark.parametrize(("token", "request_", "response"), list(recordings("Create")))
def test_outputs_of_create_are_known_to_version_7(token: str, request_: Any, response: Any) -> None:
    del request_
    type_ = registry.resource(token)
    assert type_ is not None
    dropped = {
        "enableClassiclink",
        "enableClassiclinkDnsSupport",
        "elasticGpuSpecifications",
        "elasticInferenceAccelerator",
        "vpc",
    }
    outputs = set(response["properties"]) - {"__meta", "id"} - dropped
    assert outputs <= type_.schema.outputs


def test_recordings_of_all_methods_are_replayed() -> None:
    counts = {
        "check": len(list(recordings("Check"))),
        "preview": len(list(recordings("Create", preview=True))),
        "diff": len(list(recordings("Diff"))),
    }
    assert min(counts.values()) > 20


def test_policy_document() -> None:
    for line in (FIXTURES / "iam-getPolicyDocument.jsonl").read_text().splitlines():
        record = json.loads(line)
        wanted = record["response"]["return"]
        document = policy_document(record["request"]["args"])
        assert document == json.loads(wanted["json"])
        assert json.dumps(document, indent=2) == wanted["json"]
        assert json.dumps(document, separators=(",", ":")) == wanted["minifiedJson"]
