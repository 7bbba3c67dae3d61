"""Providers over gRPC, as the stock engine talks to them."""

import json
from concurrent import futures

import grpc
import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    Failure,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.servicer import Servicer
from seawall_sandbox.values import UNKNOWN, Secret
from seawall_sandbox.wire import from_struct, to_struct

TYPE = "test:index/thing:Thing"
URN = f"urn:pulumi:dev::shop::seawall:index:Network${TYPE}::web"


class Scripted:
    """Keeps what it was asked and answers with what ``answers`` holds for the method."""

    accepts_secrets = False

    def __init__(self):
        self.answers = {}
        self.asked = []

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.asked.append((name, args, kwargs))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def provider():
    return Scripted()


@pytest.fixture
def stub(provider):
    server = grpc.server(futures.ThreadPoolExecutor(2))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        Servicer("test", "7.51.1", provider), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(0).wait()


def test_it_says_who_it_is(stub):
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "7.51.1"
    schema = stub.GetSchema(provider_pb2.GetSchemaRequest()).schema
    assert json.loads(schema) == {"name": "test", "version": "7.51.1"}


def test_it_wants_plain_values_and_previews(stub, provider):
    handshake = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert json_format.MessageToDict(handshake) == {}
    provider.answers["configure"] = None
    response = stub.Configure(
        provider_pb2.ConfigureRequest(args=to_struct({"region": "us-east-1", "token": Secret("s")}))
    )
    assert json_format.MessageToDict(response) == {"supportsPreview": True}
    assert provider.asked == [("configure", ({"region": "us-east-1", "token": "s"},), {})]


def test_a_provider_that_wants_secrets_gets_them():
    provider = Scripted()
    provider.accepts_secrets = True
    state = ResourceState("i", {"a": [Secret("s")]})
    provider.answers = {"configure": None, "create": state}
    servicer = Servicer("test", "1.0.0", provider)
    assert servicer.Handshake(None, None).accept_secrets
    request = provider_pb2.ConfigureRequest(args=to_struct({"token": Secret("s")}))
    assert servicer.Configure(request, None).acceptSecrets
    secret = {"a": [Secret("s")]}
    created = servicer.Create(
        provider_pb2.CreateRequest(urn=URN, properties=to_struct(secret)), None
    )
    assert from_struct(created.properties) == secret
    assert [args[-1] for _, args, _ in provider.asked] == [{"token": "s"}, secret]


def test_check(stub, provider):
    provider.answers["check"] = CheckResult({"a": UNKNOWN}, (Failure("b.c", "is wrong"),))
    response = stub.Check(
        provider_pb2.CheckRequest(urn=URN, news=to_struct({"a": UNKNOWN}), randomSeed=b"seed")
    )
    assert from_struct(response.inputs) == {"a": UNKNOWN}
    assert [(f.property, f.reason) for f in response.failures] == [("b.c", "is wrong")]
    assert provider.asked == [("check", (URN, TYPE, None, {"a": UNKNOWN}, b"seed"), {})]


def test_diff(stub, provider):
    provider.answers["diff"] = DiffResult(
        changed=True,
        replaces=("cidr",),
        diffs=("cidr", "tags"),
        detailed={"cidr": DiffKind.UPDATE_REPLACE, "tags.a": DiffKind.ADD},
        stables=("arn",),
        delete_before_replace=True,
    )
    response = stub.Diff(
        provider_pb2.DiffRequest(
            id="i",
            urn=URN,
            olds=to_struct({"o": 1}),
            old_inputs=to_struct({"i": 1}),
            news=to_struct({"n": 1}),
            ignoreChanges=["x"],
        )
    )
    assert json_format.MessageToDict(response) == {
        "changes": "DIFF_SOME",
        "replaces": ["cidr"],
        "diffs": ["cidr", "tags"],
        "stables": ["arn"],
        "deleteBeforeReplace": True,
        "hasDetailedDiff": True,
        "detailedDiff": {"cidr": {"kind": "UPDATE_REPLACE"}, "tags.a": {}},
    }
    old = ResourceState("i", {"o": 1}, {"i": 1})
    assert provider.asked == [("diff", (URN, TYPE, old, {"n": 1}, ("x",)), {})]


def test_no_change_is_said_so(stub, provider):
    provider.answers["diff"] = provider.answers["diff_config"] = DiffResult(changed=False)
    for call in (stub.Diff, stub.DiffConfig):
        response = call(provider_pb2.DiffRequest(urn=URN))
        assert json_format.MessageToDict(response) == {"changes": "DIFF_NONE"}


def test_create_update_read_and_delete(stub, provider):
    state = ResourceState("i", {"a": 1, "password": "p"}, {"a": 1}, frozenset({"password", "no"}))
    provider.answers = {"create": state, "update": state, "read": state, "delete": None}
    secret = {"a": 1, "password": Secret("p")}
    created = stub.Create(
        provider_pb2.CreateRequest(urn=URN, properties=to_struct({"a": 1}), preview=True, timeout=9)
    )
    assert (created.id, from_struct(created.properties)) == ("i", secret)
    updated = stub.Update(
        provider_pb2.UpdateRequest(
            id="i",
            urn=URN,
            olds=to_struct({"o": 1}),
            old_inputs=to_struct({"i": 1}),
            news=to_struct({"n": 1}),
            ignoreChanges=["x"],
        )
    )
    assert from_struct(updated.properties) == secret
    read = stub.Read(provider_pb2.ReadRequest(id="i", urn=URN, properties=to_struct({"o": 1})))
    assert (read.id, from_struct(read.inputs)) == ("i", {"a": 1})
    stub.Delete(provider_pb2.DeleteRequest(id="i", urn=URN, properties=to_struct({"o": 1})))
    old = ResourceState("i", {"o": 1}, {"i": 1})
    assert provider.asked == [
        ("create", (URN, TYPE, {"a": 1}), {"preview": True, "timeout": 9}),
        (
            "update",
            (URN, TYPE, old, {"n": 1}),
            {"ignore_changes": ("x",), "preview": False, "timeout": 0},
        ),
        ("read", (URN, TYPE, "i", {}, {"o": 1}), {}),
        ("delete", (URN, TYPE, ResourceState("i", {"o": 1}, {})), {"timeout": 0}),
    ]


def test_a_read_leaves_out_what_it_does_not_say(stub, provider):
    request = provider_pb2.ReadRequest(id="i", urn=URN)
    provider.answers["read"] = ResourceState("", {})
    gone = stub.Read(request)
    assert (gone.id, gone.HasField("properties"), gone.HasField("inputs")) == ("", False, False)
    provider.answers["read"] = ResourceState("i", {})
    there = stub.Read(request)
    assert (there.id, there.HasField("properties"), there.HasField("inputs")) == ("i", True, False)


def test_invoke(stub, provider):
    provider.answers["invoke"] = InvokeResult(
        {"names": ["a"], "key": "k"}, (Failure("", "sorry"),), frozenset({"key"})
    )
    response = stub.Invoke(provider_pb2.InvokeRequest(tok="t", args=to_struct({"a": 1})))
    assert from_struct(getattr(response, "return")) == {"names": ["a"], "key": Secret("k")}
    assert response.failures[0].reason == "sorry"
    assert provider.asked == [("invoke", ("t", {"a": 1}), {})]


def test_an_error_reaches_the_user_as_it_is(stub, provider):
    provider.answers["create"] = ProviderError("Could not create web: no room. Make some.")
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN))
    assert caught.value.details() == "Could not create web: no room. Make some."
    assert not [k for k, _ in caught.value.trailing_metadata() if k.startswith("grpc-status")]


def test_what_exists_in_part_is_reported_with_its_state(stub, provider):
    state = ResourceState("i", {"password": "p"}, {"a": 1}, frozenset({"password"}))
    provider.answers["create"] = ProviderError("Half made.", state=state)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN))
    metadata = dict(caught.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    assert (failed.id, list(failed.reasons)) == ("i", ["Half made."])
    assert from_struct(failed.properties) == {"password": Secret("p")}
    assert from_struct(failed.inputs) == {"a": 1}


def test_a_fault_of_the_provider_is_an_error_too(stub, provider):
    provider.answers["delete"] = KeyError("x")
    with pytest.raises(grpc.RpcError, match="failed in Delete: KeyError"):
        stub.Delete(provider_pb2.DeleteRequest(urn=URN))
