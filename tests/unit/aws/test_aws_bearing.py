"""What the provider bears, with a resource type whose AWS is a script of answers."""

# ruff: noqa: ARG002  # the script takes no notice of what it is asked with

from collections.abc import Callable
from typing import Any, ClassVar

import botocore.session
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.retries.standard import ThrottledRetryableChecker

from seawall_sandbox.aws import making, registry
from seawall_sandbox.aws.clients import Clients
from seawall_sandbox.aws.config import parse_configuration
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.errors import ClientError, UndecidedError, explain
from seawall_sandbox.aws.lost import THROTTLING, doubles, is_lost
from seawall_sandbox.aws.making import UNFINISHED, UnknownOutcomeError
from seawall_sandbox.aws.patience import Patience, Pauses
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import ProviderError, ResourceState

VPC = "aws:ec2/vpc:Vpc"
URN = f"urn:pulumi:dev::p::{VPC}::main"
SHORT = Patience(attempts=3, propagation=0.05, longest_pause=0.001)
INPUTS = {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1", "__defaults": []}


def refused(code: str, *, lost: bool = False, message: str = "It is so.") -> ClientError:
    status = 500 if lost else 400
    metadata: Any = {"RequestId": "req-1", "seawall_answer_lost": lost, "HTTPStatusCode": status}
    error = {"Code": code, "Message": message}
    return ClientError({"Error": error, "ResponseMetadata": metadata}, "Do")


LOST = refused("InternalError", lost=True)
GONE = refused("InvalidVpcID.NotFound")


class Scripted(ResourceType):
    """Answers each call with the next of its lines, the last one for ever; errors are raised."""

    token: ClassVar[str] = VPC
    propagating: ClassVar[dict[str, tuple[str, ...]]] = {"Slow": ("not yet",), "Later": ()}

    def __init__(self, **lines: list[Any]) -> None:
        self.lines = {name: list(given) for name, given in lines.items()}
        self.asked: list[str] = []

    def _next(self, name: str, usual: Any = None) -> Any:
        self.asked.append(name)
        lines = self.lines.get(name) or [usual]
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        if isinstance(line, Exception):
            raise line
        return line

    def create(self, ctx, inputs):
        return self._next("create", "vpc-1")

    def finish(self, ctx, id_, inputs):
        self._next("finish")

    def read(self, ctx, id_, known):
        return self._next("read", {"cidrBlock": "10.0.0.0/16", "tagsAll": {}})

    def update(self, ctx, id_, old, new, changed):
        self.asked.append(f"change {sorted(changed)}")
        self._next("update")

    def delete(self, ctx, id_, outputs):
        self._next("delete")

    def find(self, ctx, inputs):
        return self._next("find")


def context(patience: Patience = SHORT, **given: Any) -> Context:
    clients = Clients("http://127.0.0.1:1", patience)
    return Context(
        clients, region="eu-west-1", account=lambda: "1", default_tags={}, urn=URN, **given
    )


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[AwsProvider, Scripted]]:
    def make(**lines: list[Any]) -> tuple[AwsProvider, Scripted]:
        type_ = Scripted(**lines)
        monkeypatch.setattr(registry, "resource", lambda _: type_)
        found = AwsProvider("http://127.0.0.1:1")
        found.configure({"region": "eu-west-1"})
        found._clients = Clients("http://127.0.0.1:1", SHORT)
        return found, type_

    return make


def test_a_lost_create_is_looked_for_before_it_is_done_again():
    found = Scripted(create=[LOST, "vpc-2"], find=["vpc-1"])
    assert making.make(found, context(), INPUTS) == "vpc-1"
    assert found.asked == ["create", "find"]
    absent = Scripted(create=[LOST, "vpc-2"], find=[None])
    assert making.make(absent, context(), INPUTS) == "vpc-2"
    assert absent.asked == ["create", "find", "create"]
    gone = Scripted(create=[LOST, "vpc-2"], find=[GONE])
    assert making.make(gone, context(), INPUTS) == "vpc-2"


def test_what_another_resource_has_was_not_made_by_a_lost_create():
    type_ = Scripted(create=[LOST, "vpc-2"], find=["vpc-1"])
    assert making.make(type_, context(held=frozenset({"vpc-1"})), INPUTS) == "vpc-2"


@pytest.mark.parametrize("found", [UndecidedError(), refused("AccessDenied"), LOST])
def test_a_lost_create_that_cannot_be_looked_for_is_not_repeated(found):
    type_ = Scripted(create=[LOST], find=[found])
    with pytest.raises(UnknownOutcomeError):
        making.make(type_, context(), INPUTS)
    assert type_.asked.count("create") == 1


def test_a_create_is_not_repeated_for_ever():
    type_ = Scripted(create=[LOST], find=[None])
    with pytest.raises(UnknownOutcomeError):
        making.make(type_, context(), INPUTS)
    assert type_.asked.count("create") == SHORT.attempts


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (refused("Slow", message="The role is not yet there."), True),
        (refused("Slow", message="The role is wrong."), False),
        (refused("Later"), True),
        (refused("AccessDenied"), False),
        (refused("InvalidSubnetID.NotFound"), False),
    ],
)
def test_refusals_that_pass_are_waited_for_and_no_others(error, passes):
    type_ = Scripted(create=[error, "vpc-1"])
    if passes:
        assert making.make(type_, context(), INPUTS) == "vpc-1"
    else:
        with pytest.raises(ClientError):
            making.make(type_, context(), INPUTS)
    never = Scripted(create=[error])
    with pytest.raises(ClientError):
        making.make(never, context(), INPUTS)


def test_only_what_was_made_lately_may_not_be_seen_yet():
    inputs = {**INPUTS, "tags": {"x": "y"}, "subnetIds": ["subnet-1"]}
    missing = refused("InvalidSubnetID.NotFound")
    type_ = Scripted(create=[missing, "vpc-1"])
    assert making.make(type_, context(lately=frozenset({"subnet-1"})), inputs) == "vpc-1"
    with pytest.raises(ClientError):
        making.make(Scripted(create=[missing]), context(lately=frozenset({"vpc-7"})), inputs)


def test_what_is_left_of_a_create_is_done_again_until_it_is_seen():
    type_ = Scripted(finish=[GONE, LOST, None], read=[None, GONE, {"tagsAll": {}}])
    assert making.complete(type_, context(), "vpc-1", INPUTS)["id"] == "vpc-1"
    assert type_.asked == ["finish"] * 3 + ["read"] * 3


def test_what_is_never_seen_is_told():
    with pytest.raises(ProviderError, match=r"AWS made 'vpc-1', but does not show it within 0\.05"):
        making.complete(Scripted(read=[None]), context(), "vpc-1", INPUTS)


def test_a_lost_change_goes_on_from_what_aws_has():
    wanted = {**INPUTS, "enableDnsHostnames": True, "enableDnsSupport": False}
    half = {"enableDnsHostnames": True, "enableDnsSupport": True, "tagsAll": {}}
    type_ = Scripted(update=[LOST, None], read=[half, {**wanted, "tagsAll": {}}])
    old = ResourceState("vpc-1", {**half, "enableDnsHostnames": False}, INPUTS)
    making.change(type_, context(), old, wanted, ())
    changes = [line for line in type_.asked if line.startswith("change")]
    assert changes == [
        "change ['enableDnsHostnames', 'enableDnsSupport']",
        "change ['enableDnsSupport']",
    ]


def test_a_delete_that_finds_a_part_gone_goes_on_with_the_rest():
    part = Scripted(delete=[GONE, None])
    making.delete(part, context(), "vpc-1", INPUTS)
    assert part.asked == ["delete", "read", "delete"]
    whole = Scripted(delete=[GONE], read=[None])
    making.delete(whole, context(), "vpc-1", INPUTS)
    assert whole.asked == ["delete", "read"]
    lost = Scripted(delete=[LOST, GONE], read=[None])
    making.delete(lost, context(), "vpc-1", INPUTS)
    assert lost.asked == ["delete", "delete", "read"]
    with pytest.raises(ClientError):
        making.delete(Scripted(delete=[GONE]), context(timeout=0.01), "vpc-1", INPUTS)


def test_a_create_that_fails_half_way_is_kept_and_completed_by_the_next_update(provider):
    aws, type_ = provider(finish=[refused("AccessDenied"), None])
    with pytest.raises(ProviderError, match="AWS refused Do with AccessDenied") as caught:
        aws.create(URN, VPC, INPUTS, preview=False, timeout=0)
    kept = caught.value.state
    assert kept is not None
    assert (kept.id, kept.outputs[UNFINISHED]) == ("vpc-1", True)
    assert not caught.value.uncertain
    assert aws.diff(URN, VPC, kept, INPUTS, ()).changed
    # A refresh sees what there is, but does not do what is left to do.
    read = aws.read(URN, VPC, kept.id, INPUTS, kept.outputs)
    assert read.outputs[UNFINISHED] is True
    preview = aws.update(URN, VPC, read, INPUTS, ignore_changes=(), preview=True, timeout=0)
    assert UNFINISHED not in preview.outputs
    state = ResourceState(read.id, read.outputs, INPUTS)
    made = aws.update(URN, VPC, state, INPUTS, ignore_changes=(), preview=False, timeout=0)
    assert UNFINISHED not in made.outputs
    assert type_.asked.count("finish") == 2
    assert type_.asked.count("create") == 1
    assert not aws.diff(URN, VPC, ResourceState(made.id, made.outputs, INPUTS), INPUTS, ()).changed


def test_what_aws_does_not_show_is_kept_too(provider):
    aws, _ = provider(read=[None])
    with pytest.raises(ProviderError, match="does not show it") as caught:
        aws.create(URN, VPC, INPUTS, preview=False, timeout=0)
    assert caught.value.state is not None
    assert caught.value.state.id == "vpc-1"


def test_an_unknown_outcome_is_told_as_such(provider):
    aws, _ = provider(create=[LOST], find=[refused("AccessDenied")])
    with pytest.raises(ProviderError) as caught:
        aws.create(URN, VPC, INPUTS, preview=False, timeout=0)
    assert caught.value.uncertain
    assert caught.value.state is None
    assert caught.value.message == (
        f"Could not create {VPC} 'main': AWS failed in Do with InternalError: It is so (request id"
        " req-1). Whether AWS made it is not known (AWS refused Do with AccessDenied: It is so"
        " (request id req-1)). Run again in a while: what was done is kept. The next run looks for"
        " it."
    )


def test_a_replacement_is_not_taken_for_what_it_replaces(provider):
    aws, type_ = provider(create=[LOST, "vpc-2"], find=["vpc-1"])
    old = ResourceState("vpc-1", {"tagsAll": {}, "region": "eu-west-1"}, INPUTS)
    aws.diff(URN, VPC, old, {**INPUTS, "cidrBlock": "10.1.0.0/16"}, ())
    assert aws.create(URN, VPC, INPUTS, preview=False, timeout=0).id == "vpc-2"
    # Nor for what the state has besides: the engine tells of it.
    aws, type_ = provider(create=[LOST, "vpc-2"], find=["vpc-1"])
    aws.know([(VPC, old)])
    assert aws.create(URN, VPC, INPUTS, preview=False, timeout=0).id == "vpc-2"
    assert type_.asked.count("create") == 2


def test_finishing_an_interrupted_create_keeps_what_it_came_to(provider):
    aws, _ = provider(finish=[refused("AccessDenied")])
    with pytest.raises(ProviderError) as caught:
        aws.finish(URN, VPC, "vpc-1", INPUTS)
    assert caught.value.state is not None
    assert caught.value.state.outputs[UNFINISHED] is True


def test_throttling_is_what_botocore_takes_for_it():
    assert set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) <= THROTTLING


@pytest.mark.parametrize(
    ("service", "operation", "doubled"),
    [
        ("ec2", "CreateVpc", True),
        ("ec2", "AllocateAddress", True),
        ("ec2", "CreateNatGateway", False),  # boto3 sends a token
        ("ec2", "CreateFlowLogs", False),  # we do
        ("ec2", "ModifyVpcAttribute", False),
        ("ec2", "DescribeVpcs", False),
        ("kms", "CreateKey", True),
        ("eks", "CreateCluster", False),
        ("acm", "RequestCertificate", False),
        ("sts", "GetCallerIdentity", False),
    ],
)
def test_calls_that_double_are_told_from_others(service, operation, doubled):
    model = botocore.session.Session().get_service_model(service)
    assert doubles(model.operation_model(operation)) is doubled


def test_tokens_are_sent_wherever_aws_takes_them():
    client = Clients("http://127.0.0.1:1", SHORT).get("ec2", "eu-west-1")
    sent: list[Any] = []
    client.meta.events.register(
        "before-send.ec2", lambda request, **_: sent.append(request.body) or _none()
    )
    for call, given in (
        (client.create_flow_logs, {"ResourceIds": ["vpc-1"], "ResourceType": "VPC"}),
        (client.create_nat_gateway, {"SubnetId": "subnet-1"}),
        (client.create_vpc, {"CidrBlock": "10.0.0.0/16"}),
    ):
        with pytest.raises(ClientError):
            call(**given)
    assert ["ClientToken=" in body for body in sent] == [True, True, False]


def _none() -> Any:
    """An answer that ends a call."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    class Raw:
        def stream(self, *_: object, **__: object) -> Any:
            yield b"<Response><Errors><Error><Code>X</Code></Error></Errors></Response>"

    return AWSResponse("http://127.0.0.1", 400, {}, Raw())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
            "AWS did not answer CreateVpc 5 times (no answer, so no request id: ",
        ),
        (
            ConnectionClosedError(endpoint_url="http://127.0.0.1:1"),
            "AWS broke off CreateVpc 5 times (no answer, so no request id: ",
        ),
    ],
)
def test_calls_without_an_answer_are_told_with_their_name(error, told):
    error.__dict__.update(operation_name="CreateVpc", attempts=5, seawall_answer_lost=True)
    message = explain(error, action="create", type_=VPC, name="main").message
    assert message.startswith(f"Could not create {VPC} 'main': {told}")
    assert message.endswith("Run again in a while: what was done is kept.")
    assert is_lost(error)


def test_patience_is_the_users_to_set(monkeypatch):
    assert Patience.of() == Patience()
    monkeypatch.setenv("SEAWALL_SANDBOX_READ_TIMEOUT", "0.5")
    monkeypatch.setenv("SEAWALL_SANDBOX_PROPAGATION_TIME", "0")
    monkeypatch.setenv("SEAWALL_SANDBOX_LONGEST_PAUSE", "2")
    assert Patience.of(9) == Patience(9, 0.5, 0, 2)
    assert parse_configuration({"region": "x", "maxRetries": "9"}).attempts == 9
    for wrong in ("soon", "-1", "inf", "nan"):
        monkeypatch.setenv("SEAWALL_SANDBOX_READ_TIMEOUT", wrong)
        with pytest.raises(ProviderError, match="must be a number of seconds"):
            Patience.of()


def test_pauses_grow_with_full_jitter(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("random.uniform", lambda low, high: low + high)
    pauses = Pauses(Patience(longest_pause=0.3))
    for _ in range(5):
        pauses.pause()
    assert slept == [0.05, 0.1, 0.2, 0.3, 0.3]
