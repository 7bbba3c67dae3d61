"""Faults on the wire, as boto3 sees them: the application behind a real socket, moto played."""

import json
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from seawall_sandbox.emulator.application import Application
from seawall_sandbox.emulator.calls import identify
from seawall_sandbox.emulator.faults import Faults, Rule, parse
from seawall_sandbox.emulator.fresh import code_of
from seawall_sandbox.emulator.record import INSTANCE_HEADER, Record

SESSION = boto3.Session()
"""One for all clients, so that the models of the services are read once."""
IDENTITY = Record(1, 2, "abc", "2026-11-22T19:00:00+00:00", {})
CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "ec2": ("DescribeVpcs", lambda client: client.describe_vpcs()),
    "iam": ("ListRoles", lambda client: client.list_roles()),
    "elbv2": ("DescribeListeners", lambda c: c.describe_listeners(LoadBalancerArn="arn:x")),
    "kms": ("ListKeys", lambda client: client.list_keys()),
    "eks": ("DescribeAddon", lambda c: c.describe_addon(clusterName="a", addonName="b/c")),
    "s3": ("GetBucketPolicy", lambda client: client.get_bucket_policy(Bucket="b")),
    "route53": ("ListHostedZones", lambda client: client.list_hosted_zones()),
}
"""A call of each protocol, and of each service whose errors have words of their own."""


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Wire:
    """The application on a port, and what reached the emulated AWS."""

    def __init__(self, server: ThreadedWSGIServer) -> None:
        self.server = server
        self.reached: list[str] = []
        self.answer: bytes | None = None
        self.application = Application(IDENTITY, lambda: None, self._moto, self._ministack)

    def _moto(self, environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read().decode()
        self.reached.append(body)
        start_response("200 OK", [("Content-Type", "text/xml")])
        action = dict(parse_qsl(body)).get("Action")
        plain = f"<r><{action}Result/></r>" if action else "{}"
        return [self.answer or plain.encode()]

    def _ministack(self, method: str, path: str, *_: object) -> tuple[int, list[Any], bytes]:
        self.reached.append(f"{method} {path}")
        return 200, [], b"{}"

    def client(self, service: str, attempts: int = 1) -> Any:
        return SESSION.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.server.server_port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                read_timeout=0.5,
                s3={"addressing_style": "path"},
            ),
        )

    def faults(self, *rules: dict[str, Any], record: bool = False) -> None:
        told, _ = parse(json.dumps({"rules": rules}).encode())
        self.application._faults._set(told, record=record)

    def told(self) -> dict[str, Any]:
        return self.application._faults._told()

    def hits(self) -> list[int]:
        return [rule["hits"] for rule in self.told()["rules"]]


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedWSGIServer]:
    server = ThreadedWSGIServer("127.0.0.1", 0, lambda *_: [], handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def wire(server: ThreadedWSGIServer) -> Wire:
    wire = Wire(server)
    server.app = wire.application
    return wire


def error_of(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    metadata = caught.value.response["ResponseMetadata"]
    assert len(metadata["RequestId"]) == 36
    return caught.value.response["Error"]["Code"], metadata["HTTPStatusCode"]


@pytest.mark.parametrize("service", CALLS)
def test_every_protocol_has_its_own_errors(wire: Wire, service: str) -> None:
    operation, call = CALLS[service]
    found: dict[str, tuple[str, int]] = {}
    for kind in ("throttle", "server-error", "access-denied"):
        wire.faults({"kind": kind, "service": service, "operation": operation})
        found[kind] = error_of(lambda: call(wire.client(service)))
    expected = {
        "ec2": [("RequestLimitExceeded", 503), ("InternalError", 500)],
        "iam": [("Throttling", 400), ("ServiceFailure", 500)],
        "elbv2": [("Throttling", 400), ("InternalFailure", 500)],
        "kms": [("ThrottlingException", 400), ("KMSInternalException", 500)],
        "eks": [("ThrottlingException", 429), ("ServerException", 500)],
        "s3": [("SlowDown", 503), ("InternalError", 500)],
        "route53": [("ThrottlingException", 400), ("InternalFailure", 500)],
    }
    assert [found["throttle"], found["server-error"]] == expected[service]
    denied = {"ec2": "UnauthorizedOperation", "kms": "AccessDeniedException"}
    words = {**denied, "eks": "AccessDeniedException", "route53": "AccessDeniedException"}
    assert found["access-denied"] == (words.get(service, "AccessDenied"), 403)
    assert wire.reached == []


@pytest.mark.parametrize("service", CALLS)
def test_what_aws_may_repeat_boto3_repeats(wire: Wire, service: str) -> None:
    operation, call = CALLS[service]
    wire.faults(
        {"kind": "server-error", "service": service},
        {"kind": "reset", "service": service},
        {"kind": "error", "service": service, "code": "Nonsense"},
        record=True,
    )
    assert error_of(lambda: call(wire.client(service, attempts=4))) == ("Nonsense", 400)
    assert wire.hits() == [1, 1, 1]
    calls = wire.told()["calls"]
    assert {(c["service"], c["operation"]) for c in calls} == {(service, operation)}
    assert [c["attempt"] for c in calls] == [1, 2, 3]
    assert len({c["invocation"] for c in calls}) == 1


@pytest.mark.parametrize("effect", [False, True])
def test_a_lost_answer(wire: Wire, effect: bool) -> None:  # noqa: FBT001  # a parameter
    ec2 = wire.client("ec2")
    wire.faults({"kind": "server-error", "effect": effect})
    assert error_of(ec2.describe_vpcs) == ("InternalError", 500)
    wire.faults({"kind": "reset", "effect": effect})
    with pytest.raises(ConnectionClosedError):
        ec2.describe_vpcs()
    wire.faults({"kind": "time-out", "effect": effect})
    with pytest.raises(ReadTimeoutError):
        ec2.describe_vpcs()
    assert len(wire.reached) == (3 if effect else 0)


def test_rules_say_which_call(wire: Wire) -> None:
    ec2, iam = wire.client("ec2"), wire.client("iam")
    wire.faults({"kind": "throttle", "service": "ec2", "operation": "Describe*", "nth": 2})
    ec2.describe_vpcs()
    ec2.create_internet_gateway()
    iam.list_roles()
    assert error_of(ec2.describe_subnets) == ("RequestLimitExceeded", 503)
    ec2.describe_vpcs()
    assert wire.hits() == [1]
    wire.faults({"kind": "throttle", "count": 0})
    for _ in range(3):
        error_of(ec2.describe_vpcs)
    assert wire.hits() == [3]


def test_rules_count_by_call_or_by_request(wire: Wire) -> None:
    ec2 = wire.client("ec2", attempts=2)
    wire.faults({"kind": "server-error", "per": "call"})
    ec2.describe_vpcs()
    ec2.describe_vpcs()
    assert wire.hits() == [2]
    ec2 = wire.client("ec2")
    wire.faults({"kind": "access-denied", "per": "request"})
    error_of(ec2.describe_vpcs)
    error_of(lambda: ec2.describe_vpcs(VpcIds=["vpc-1"]))
    ec2.describe_vpcs()
    # A token is another one each time; the request is the same.
    error_of(lambda: ec2.create_route_table(VpcId="vpc-1"))
    ec2.create_route_table(VpcId="vpc-1")
    assert wire.hits() == [3]


def test_a_token_makes_a_repeated_call_one_call(wire: Wire) -> None:
    ec2, eks = wire.client("ec2", attempts=3), wire.client("eks", attempts=3)
    wire.faults({"kind": "server-error", "per": "call", "effect": True})
    ec2.create_route_table(VpcId="vpc-1")
    eks.create_addon(clusterName="a", addonName="b")
    assert len(wire.reached) == 2
    ec2.create_route_table(VpcId="vpc-1")
    assert len(wire.reached) == 3
    ec2.create_route_table(VpcId="vpc-1", ClientToken="t")
    wrong = error_of(lambda: ec2.create_route_table(VpcId="vpc-2", ClientToken="t"))
    assert wrong == ("IdempotentParameterMismatch", 400)
    wire.faults()
    iam = wire.client("iam")
    iam.list_roles()
    iam.list_roles()
    assert len(wire.reached) == 6


def test_what_failed_is_not_kept_for_its_token(wire: Wire) -> None:
    ec2 = wire.client("ec2")
    wire.faults({"kind": "server-error"})
    error_of(lambda: ec2.create_route_table(VpcId="vpc-1", ClientToken="t"))
    ec2.create_route_table(VpcId="vpc-1", ClientToken="t")
    assert len(wire.reached) == 1


def test_what_was_made_is_not_seen_at_once(wire: Wire) -> None:
    ec2 = wire.client("ec2")
    wire.faults({"kind": "not-found", "count": 2})
    wire.answer = b"<r><vpc><vpcId>vpc-0123456789abcdef0</vpcId></vpc></r>"
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    wire.answer = b"<r><vpcSet/></r>"
    assert error_of(lambda: ec2.describe_vpcs(VpcIds=[made])) == ("InvalidVpcID.NotFound", 400)
    by_vpc = [{"Name": "vpc-id", "Values": [made]}]
    assert ec2.describe_subnets(Filters=by_vpc)["Subnets"] == []
    assert len(wire.reached) == 1
    ec2.describe_vpcs(VpcIds=[made])
    ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef1"])
    assert len(wire.reached) == 3


def test_things_are_known_by_name_too(wire: Wire) -> None:
    wire.faults({"kind": "not-found"})
    role, groups, eks = wire.client("iam"), wire.client("logs"), wire.client("eks")
    role.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    get = error_of(lambda: role.get_role(RoleName="r"))
    assert get == ("NoSuchEntity", 404)
    groups.create_log_group(logGroupName="g")
    assert groups.describe_log_groups(logGroupNamePrefix="g")["logGroups"] == []
    eks.create_cluster(name="c", roleArn="r", resourcesVpcConfig={"subnetIds": []})
    described = error_of(lambda: eks.describe_cluster(name="c"))
    assert described == ("ResourceNotFoundException", 404)
    # The name means nothing to another service.
    wire.client("iam").get_user(UserName="c")


@pytest.mark.parametrize(
    ("service", "text", "code"),
    [
        ("ec2", "vpc-1", "InvalidVpcID.NotFound"),
        ("ec2", "sg-1", "InvalidGroup.NotFound"),
        ("ec2", "tgw-1", "InvalidID.NotFound"),
        ("elbv2", "arn:aws:elasticloadbalancing:e:1:targetgroup/a/b", "TargetGroupNotFound"),
        ("ecr", "shop", "RepositoryNotFoundException"),
        ("logs", "g", "ResourceNotFoundException"),
    ],
)
def test_services_say_in_their_own_words_what_they_do_not_have(service, text, code):
    assert code_of(service, text) == code


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{", "Expecting property name"),
        ("[]", "each rule an object"),
        ('{"rules": [1]}', "each rule an object"),
        ('{"rules": [{"kind": "boom"}]}', "Kinds are throttle"),
        ('{"rules": [{"kind": "throttle", "per": "day"}]}', "'per' is one of rule"),
        ('{"rules": [{"kind": "throttle", "nht": 1}]}', "A fault has no 'nht'"),
        ('{"rules": [{"kind": "throttle", "nth": 0}]}', "'nth' of a fault"),
        ('{"rules": [{"kind": "throttle", "count": true}]}', "'count' of a fault"),
        ('{"rules": [{"kind": "throttle", "effect": true}]}', "has no effect"),
        ('{"rules": [{"kind": "error"}]}', "error needs it"),
        ('{"rules": [{"kind": "reset", "code": "X"}]}', "'code' goes with"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rule: str, told: str) -> None:
    faults = Faults()
    status, answer = faults.answer("POST", rule.encode())
    assert status == 400
    assert told in answer["message"]
    assert not faults.active


def test_the_route_is_for_who_knows_the_instance(wire: Wire) -> None:
    def ask(method: str, body: bytes = b"", **headers: str) -> tuple[str, Any]:
        seen: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": "/_seawall/faults",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            **headers,
        }
        content = wire.application(environ, lambda *given: seen.extend(given))
        return seen[0], json.loads(b"".join(content))

    known = {"HTTP_" + INSTANCE_HEADER.upper().replace("-", "_"): "abc"}
    rule = b'{"rules": [{"kind": "throttle"}], "record": true}'
    assert ask("POST", rule)[0] == "403 Forbidden"
    assert ask("DELETE")[0] == "403 Forbidden"
    assert ask("POST", rule, **known) == ("200 OK", {})
    error_of(wire.client("ec2").describe_vpcs)
    status, told = ask("GET")
    assert (status, told["rules"][0]["hits"]) == ("200 OK", 1)
    assert [call["fault"] for call in told["calls"]] == ["throttle"]
    assert ask("DELETE", **known)[0] == "200 OK"
    assert ask("GET")[1] == {"rules": [], "calls": []}
    wire.client("ec2").describe_vpcs()


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "operation"),
    [
        ("s3", "PUT", "/b", "", "CreateBucket"),
        ("s3", "PUT", "/b", "policy", "PutBucketPolicy"),
        ("s3", "PUT", "/b/a%2Fc/d", "", "PutObject"),
        ("s3", "GET", "/", "", "ListBuckets"),
        ("s3", "GET", "/b", "list-type=2&prefix=x", "ListObjectsV2"),
        ("eks", "POST", "/clusters", "", "CreateCluster"),
        ("eks", "GET", "/clusters/a/addons/b", "", "DescribeAddon"),
        ("eks", "GET", "/tags/arn%3Aaws%3Aeks%3Ax%2Fy", "", "ListTagsForResource"),
        ("eks", "GET", "/nowhere", "", ""),
        ("no-such-service", "GET", "/", "", ""),
    ],
)
def test_rest_requests_are_told_by_method_and_path(service, method, path, query, operation):
    call = identify(service, {"REQUEST_METHOD": method}, path, query, b"")
    assert call.operation == operation


def test_older_load_balancers_are_another_service() -> None:
    form = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    body = b"Action=DescribeTags&Version=%s&Tag.1=secret"
    old = identify("elasticloadbalancing", form, "/", "", body % b"2012-06-01")
    new = identify("elasticloadbalancing", form, "/", "", body % b"2015-12-01")
    assert (old.service, new.service) == ("elb", "elbv2")
    assert new.parameters == ()
    assert Rule("throttle", service="elasticloadbalancing").matches(new)  # pyright: ignore[reportArgumentType]
