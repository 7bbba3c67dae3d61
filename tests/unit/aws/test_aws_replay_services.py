"""Checks and diffs of the service types against what the real provider answered (5.35 to 6.58).

What version 7 has and a recording has not, and the other way round, is named in ``SINCE`` and
``UNTIL``: there pulumi_aws's own types win.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seawall_sandbox.aws import registry
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.protocol import ResourceState
from seawall_sandbox.values import UNKNOWN, UNKNOWN_STRING

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "provider"
pytestmark = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason="the recordings of the real provider are not beside the checkout"
)
SERVICES = ("cloudwatch", "ecr", "eks", "iam", "kms", "lb")
SINCE = {
    "aws:eks/cluster:Cluster": {"bootstrapSelfManagedAddons"},
    "aws:lb/loadBalancer:LoadBalancer": {
        "clientKeepAlive",
        "dnsRecordClientRoutingPolicy",
        "enableZonalShift",
    },
}
UNTIL = {"aws:lb/targetGroup:TargetGroup": {"connectionTermination"}}


def recordings(method: str) -> Iterator[Any]:
    for path in sorted(FIXTURES.glob("*.jsonl")) if FIXTURES.is_dir() else ():
        service, _, name = path.stem.partition("-")
        token = f"aws:{service}/{name}:{name[0].upper()}{name[1:]}"
        if service not in SERVICES or registry.resource(token) is None:
            continue
        for index, line in enumerate(path.read_text().splitlines()):
            record = json.loads(line)
            if record["method"] == method:
                yield pytest.param(
                    token, record["request"], record["response"], id=f"{path.stem}-{index}"
                )


def values(recorded: Any) -> Any:
    """A recorded value without the notes that version 6 stopped making in maps."""
    if recorded == UNKNOWN_STRING:
        return UNKNOWN
    if isinstance(recorded, dict):
        return {key: values(item) for key, item in recorded.items()}
    if isinstance(recorded, list):
        return [values(item) for item in recorded]
    return recorded


def plain(value: Any) -> Any:
    """A value without notes at any depth below the top."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "__defaults"}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def provider() -> AwsProvider:
    provider = AwsProvider("http://127.0.0.1:1")
    provider.configure({"region": "us-west-2"})
    return provider


@pytest.mark.parametrize(("token", "request_", "response"), list(recordings("Check")))
def test_check_fills_in_what_the_real_provider_does(
    provider: AwsProvider, token: str, request_: Any, response: Any
) -> None:
    type_ = registry.resource(token)
    assert type_ is not None
    urn = f"urn:pulumi:dev::project::{token}::{request_['name']}"
    olds, news = values(request_["olds"]) or None, values(request_["news"])
    result = provider.check(urn, token, olds, news, b"seed")
    assert result.failures == ()
    wanted = values(response["inputs"])
    since, until = SINCE.get(token, set()), UNTIL.get(token, set())
    noted = set(wanted["__defaults"]) - until
    assert noted <= set(result.inputs["__defaults"]) <= noted | since
    name = type_.name_property
    if name in noted and not (olds or {}).get(name):
        stem = wanted[name][: -len("0123456")]
        assert result.inputs[name].startswith(stem)
        assert len(result.inputs[name]) == len(wanted[name])
        until = until | {name}
    left_out = since | until | {"region", "tagsAll", "__defaults"}
    got = {key: plain(value) for key, value in result.inputs.items() if key not in left_out}
    assert got == {key: plain(value) for key, value in wanted.items() if key not in left_out}


@pytest.mark.parametrize(("token", "request_", "response"), list(recordings("Diff")))
def test_diff_finds_what_the_real_provider_does(
    provider: AwsProvider, token: str, request_: Any, response: Any
) -> None:
    type_ = registry.resource(token)
    assert type_ is not None
    urn = f"urn:pulumi:dev::project::{token}::{request_['name']}"
    old = ResourceState(request_["id"], values(request_["olds"]), values(request_["oldInputs"]))
    result = provider.diff(urn, token, old, values(request_["news"]), ())
    assert result.changed is (response["changes"] != "DIFF_NONE")
    assert set(response["stables"]) <= set(result.stables)


def test_recordings_of_each_service_are_replayed() -> None:
    tokens = {parameters.values[0] for parameters in recordings("Check")}
    services = {token.split(":")[1].partition("/")[0] for token in tokens}
    assert services == {"ecr", "eks", "iam", "kms", "lb"}
    assert len(list(recordings("Check"))) > 50
    assert len(list(recordings("Diff"))) > 10
