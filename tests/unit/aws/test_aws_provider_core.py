import os
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from seawall_sandbox.aws import registry, tags
from seawall_sandbox.aws.clients import (
    ENDPOINT_VARIABLE,
    Clients,
    endpoint_from_environment,
    require_loopback,
)
from seawall_sandbox.aws.context import Context, partition_of
from seawall_sandbox.aws.ec2.permissions import as_given, singles, to_permission, to_rules
from seawall_sandbox.aws.ec2.routes import route_id
from seawall_sandbox.aws.errors import explain, is_gone
from seawall_sandbox.aws.iam.policy_document import dumps, policy_document
from seawall_sandbox.aws.naming import prefixed_name
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.recorded import RecordedOnly
from seawall_sandbox.aws.schema import Property, Type, resource_schema
from seawall_sandbox.aws.shapes import from_aws, input_shape, to_aws, whole
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import UNKNOWN

VPC = "aws:ec2/vpc:Vpc"
URN = f"urn:pulumi:dev::p::{VPC}::main"


def provider(**config: object) -> AwsProvider:
    made = AwsProvider("http://127.0.0.1:1")
    made.configure({"region": "eu-west-1", **config})
    return made


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:5000", "http://127.8.9.1", "http://[::1]:80", "http://localhost:4566"],
)
def test_loopback_endpoints_are_taken(endpoint: str) -> None:
    assert require_loopback(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ec2.us-east-1.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://0.0.0.0:5000",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://user@example.com#@127.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "",
    ],
)
def test_any_other_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ProviderError, match="refuses the endpoint"):
        Clients(endpoint)


def test_an_endpoint_in_the_configuration_is_held_to_the_same_rule() -> None:
    with pytest.raises(ProviderError, match="refuses the endpoint"):
        provider(endpoints=[{"ec2": "https://ec2.eu-west-1.amazonaws.com"}])
    with pytest.raises(ProviderError, match="refuses the endpoint"):
        provider(endpoints='[{"s3": "http://192.0.2.1"}]')


def test_a_missing_endpoint_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT_VARIABLE, raising=False)
    with pytest.raises(ProviderError, match="seawall sandbox emulator start"):
        endpoint_from_environment()
    monkeypatch.setenv(ENDPOINT_VARIABLE, "http://127.0.0.1:9")
    assert endpoint_from_environment() == "http://127.0.0.1:9"


def test_clients_never_use_the_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "theirs",
        "AWS_SECRET_ACCESS_KEY": "theirs",
        "AWS_SESSION_TOKEN": "theirs",
        "AWS_PROFILE": "no-such-profile",
        "AWS_ENDPOINT_URL": "https://example.com",
        "HTTP_PROXY": "http://192.0.2.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    clients = Clients("http://127.0.0.1:1")
    client = clients.get("sts", "eu-west-1")
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key, credentials.token) == (
        "test",
        "test",
        None,
    )
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.config.proxies == {}
    assert clients.get("sts", "eu-west-1") is client
    assert clients.get("sts", "us-east-1") is not client


def test_a_region_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    failures = AwsProvider().check_config("", {}, {}).failures
    assert [failure.property for failure in failures] == ["region"]
    assert AwsProvider().check_config("", {}, {"region": UNKNOWN}).failures == ()


def test_configuration_is_checked_and_decoded() -> None:
    news = {"region": "eu-west-1", "defaultTags": '{"tags": {"team": "core"}}', "version": "7.51.1"}
    result = AwsProvider().check_config("", {}, news)
    assert result.failures == ()
    assert result.inputs["defaultTags"] == {"tags": {"team": "core"}}
    wrong = AwsProvider().check_config("", {}, {"region": "x", "defaultTag": 1, "ignoreTags": "{"})
    assert {failure.property for failure in wrong.failures} == {"defaultTag", "ignoreTags"}


def test_a_preview_needs_no_emulator() -> None:
    inputs = {"cidrBlock": UNKNOWN, "tags": {"a": "b"}, "region": "eu-west-1"}
    state = provider().create(URN, VPC, inputs, preview=True, timeout=0)
    assert state == ResourceState(
        "",
        {
            "id": "",
            "instanceTenancy": "default",
            "region": "eu-west-1",
            "tags": {"a": "b"},
            "tagsAll": {"a": "b"},
        },
    )


def test_a_preview_of_an_update_keeps_what_stays() -> None:
    outputs = {"arn": "arn", "cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}, "tagsAll": {"a": "b"}}
    old = ResourceState("vpc-1", outputs, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}})
    news = {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": UNKNOWN}
    state = provider().update(URN, VPC, old, news, ignore_changes=(), preview=True, timeout=0)
    assert state == ResourceState("vpc-1", {"arn": "arn", "cidrBlock": "10.0.0.0/16"})


def test_a_launch_templates_version_is_unknown_when_its_data_change() -> None:
    token = "aws:ec2/launchTemplate:LaunchTemplate"
    outputs = {"arn": "a", "latestVersion": 1, "defaultVersion": 1, "imageId": "ami-1"}
    old = ResourceState("lt-1", outputs, {"imageId": "ami-1"})

    def preview(news: dict[str, Any]) -> set[str]:
        state = provider().update(URN, token, old, news, ignore_changes=(), preview=True, timeout=0)
        return {"latestVersion", "defaultVersion"} - state.outputs.keys()

    assert preview({"imageId": "ami-1", "tags": {"a": "b"}}) == set()
    assert preview({"imageId": "ami-2"}) == {"latestVersion"}
    assert preview({"imageId": "ami-2", "updateDefaultVersion": True}) == {
        "latestVersion",
        "defaultVersion",
    }


def test_a_parameters_version_is_unknown_when_its_value_changes() -> None:
    token = "aws:ssm/parameter:Parameter"
    old = ResourceState("p", {"name": "p", "type": "String", "value": "1", "version": 1}, {})

    def preview(**news: Any) -> ResourceState:
        inputs = {"name": "p", "type": "String", "value": "1", **news}
        return provider().update(
            URN, token, old, inputs, ignore_changes=(), preview=True, timeout=0
        )

    assert preview(overwrite=True).outputs["version"] == 1
    assert "version" not in preview(value="2").outputs
    assert "version" not in preview(description="d").outputs


def test_a_preview_tells_blocks_as_terraform_does() -> None:
    """An empty one is none at all; what AWS fills in is unknown; a dropped default is known."""
    token = "aws:ec2/launchTemplate:LaunchTemplate"
    device = {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 20}}
    inputs = {"blockDeviceMappings": [device], "instanceMarketOptions": {}, "name": "n"}
    outputs = provider().create(URN, token, inputs, preview=True, timeout=0).outputs
    assert outputs["instanceMarketOptions"] is None
    ebs = outputs["blockDeviceMappings"][0]["ebs"]
    assert (ebs["iops"], ebs["kmsKeyId"], ebs["volumeSize"]) == (UNKNOWN, "", 20)
    targets = {"healthCheck": {"interval": 5}, "name": "n"}
    check = (
        provider()
        .create(URN, "aws:lb/targetGroup:TargetGroup", targets, preview=True, timeout=0)
        .outputs["healthCheck"]
    )
    assert (check["protocol"], check["matcher"]) == ("HTTP", UNKNOWN)


def test_tags_of_a_scaling_group_are_told_in_the_order_of_their_checksums() -> None:
    name = {"key": "Name", "propagateAtLaunch": True, "value": "eks-9ab801a-worker"}
    owned = {"key": "kubernetes.io/cluster/x", "propagateAtLaunch": True, "value": "owned"}
    orders = [
        provider()
        .create(
            URN,
            "aws:autoscaling/group:Group",
            {"maxSize": 1, "minSize": 0, "name": "n", "tags": tags},
            preview=True,
            timeout=0,
        )
        .outputs["tags"]
        for tags in ([owned, name], [name, owned])
    ]
    assert orders[0] == orders[1]


def test_outputs_name_every_key_of_an_object() -> None:
    of = resource_schema("aws:lb/listener:Listener").inputs["defaultActions"].type
    whole_ = whole(of, [{"type": "forward", "forward": {"targetGroups": []}}])
    assert isinstance(whole_, list)
    assert whole_[0]["redirect"] is None
    assert whole_[0]["forward"] == {"stickiness": None, "targetGroups": []}


def test_an_emulator_that_does_not_answer_is_told_with_the_cure() -> None:
    with pytest.raises(ProviderError, match="emulator does not answer") as caught:
        provider().create(
            URN, VPC, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"}, preview=False, timeout=1
        )
    assert "Could not create aws:ec2/vpc:Vpc 'main'" in caught.value.message
    assert caught.value.state is None


def client_error(code: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "It is so."},
            "ResponseMetadata": {"RequestId": "req-1"},
        },
        "DeleteVpc",
    )


def test_aws_errors_are_told_with_call_code_request_and_cure() -> None:
    error = explain(client_error("DependencyViolation"), action="delete", type_=VPC, name="main")
    assert error.message == (
        f"Could not delete {VPC} 'main': AWS refused DeleteVpc with DependencyViolation: It is so"
        " (request id req-1). Delete what still uses it first, or declare the dependency."
    )
    lost = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert "emulator start" in explain(lost, action="read", type_=VPC, name="main").message


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("InvalidVpcID.NotFound", True),
        ("NoSuchEntity", True),
        ("ResourceNotFoundException", True),
        ("InvalidPermission.NotFound", False),
        ("InvalidVpcID.Malformed", False),
        ("DependencyViolation", False),
    ],
)
def test_not_found_is_told_from_other_errors(code: str, *, gone: bool) -> None:
    assert is_gone(client_error(code)) is gone


def test_tags() -> None:
    assert tags.own({"a": "1", "d": "x"}, {"d": "x"}, {"a": "1"}) == {"a": "1"}
    assert tags.own({"d": "x"}, {"d": "x"}, {"d": "x"}) == {"d": "x"}
    assert tags.from_list([{"Key": "a", "Value": "1"}, {"Key": "aws:x", "Value": "y"}]) == {
        "a": "1"
    }
    assert tags.changes({"a": "1", "b": "2"}, {"a": "3"}) == ({"a": "3"}, ["b"])


def test_a_wait_that_fails_says_so() -> None:
    ctx = Context(
        Clients("http://127.0.0.1:1"),
        region="eu-west-1",
        account=lambda: "123456789012",
        default_tags={},
        urn=URN,
        timeout=0.01,
    )
    with pytest.raises(ProviderError, match=r"main did not become ready within 0\.01 seconds"):
        ctx.wait(lambda: None, "become ready")
    assert ctx.wait(lambda: "x", "become ready") == "x"
    assert ctx.arn("iam", "role/a", region=False) == "arn:aws:iam::123456789012:role/a"
    assert partition_of("cn-north-1") == "aws-cn"


def test_routes_are_numbered_as_terraform_does() -> None:
    assert route_id("rtb-1", "0.0.0.0/0") == "r-rtb-11080289494"


def test_prefixed_names_are_unique() -> None:
    names = {prefixed_name("web-") for _ in range(100)}
    assert len(names) == 100
    assert {len(name) for name in names} == {len("web-") + 26}


def test_inline_rules_survive_the_way_through_permissions() -> None:
    rules = [
        {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]},
        {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["0.0.0.0/0"]},
        {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True, "securityGroups": ["sg-2"]},
    ]
    permissions = [to_permission(rule, "sg-1") for rule in rules]
    found = as_given(to_rules(permissions, "sg-1"), rules)
    assert [{k: rule[k] for k in given} for rule, given in zip(found, rules, strict=True)] == rules
    assert len(singles(permissions)) == 4


def test_a_rule_that_someone_added_shows() -> None:
    mine = {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]}
    theirs = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
    found = to_rules([to_permission(rule, "sg-1") for rule in (mine, theirs)], "sg-1")
    assert [rule["fromPort"] for rule in as_given(found, [mine])] == [80, 22]
    assert [rule["fromPort"] for rule in as_given(found, None)] == [22, 80]


def test_schema_tells_required_and_computed_arguments() -> None:
    subnet = resource_schema("aws:ec2/subnet:Subnet").inputs
    assert subnet["vpcId"] == Property("vpcId", Type("string"), required=True)
    assert subnet["cidrBlock"].computed
    assert not subnet["mapPublicIpOnLaunch"].computed
    with pytest.raises(ValueError, match="no resource type"):
        resource_schema("aws:ec2/vpcs:Vpcs")


def test_schema_of_a_package_that_python_spells_otherwise() -> None:
    assert resource_schema("aws:lambda/function:Function").inputs["role"].required
    assert resource_schema("aws:lambda/alias:Alias").inputs["functionName"].required


def test_every_declared_path_exists_in_pulumi_aws() -> None:
    for type_ in registry.resources():
        schema = type_.schema
        declared = (
            type_.force_new
            | type_.sets
            | type_.documents
            | type_.write_only
            | type_.computed
            | type_.defaults.keys()
            | type_.implied.keys()
            | type_.zeros.keys()
            | type_.unemulated
            | type_.hashed
            | type_.plainly_hashed
            | type_.usual.keys()
        )
        for path in declared:
            properties, of = schema.inputs, Type("any")
            if "." not in path and path in schema.outputs:
                continue
            for part in path.split("."):
                assert part in properties, f"{type_.token}: {path}"
                of = properties[part].type
                of = of.element if of.kind == "list" and of.element else of
                properties = of.properties


def test_shapes_go_both_ways() -> None:
    client = Clients("http://127.0.0.1:1").get("ec2", "eu-west-1")
    shape = input_shape(client, "CreateLaunchTemplate", "LaunchTemplateData")
    inputs = resource_schema("aws:ec2/launchTemplate:LaunchTemplate").inputs
    names = ("instanceRequirements", "networkInterfaces", "ebsOptimized", "monitoring")
    of = Type("object", None, {name: inputs[name] for name in names})
    renames = {"networkInterfaces.securityGroups": "Groups"}
    value = {
        "ebsOptimized": "true",
        "instanceRequirements": {"memoryMib": {"min": 1}, "vcpuCount": {"min": 2}},
        "networkInterfaces": [{"securityGroups": ["sg-1"], "ipv6Addresses": ["::1"]}],
    }
    sent = to_aws(shape, of, value, renames)
    assert sent == {
        "EbsOptimized": True,
        "InstanceRequirements": {"MemoryMiB": {"Min": 1}, "VCpuCount": {"Min": 2}},
        "NetworkInterfaces": [{"Groups": ["sg-1"], "Ipv6Addresses": [{"Ipv6Address": "::1"}]}],
    }
    found = from_aws(shape, of, sent, renames)
    assert found["ebsOptimized"] == "true"
    assert found["monitoring"] is None
    assert found["networkInterfaces"][0]["ipv6Addresses"] == ["::1"]
    assert found["networkInterfaces"][0]["subnetId"] == ""


def test_policy_documents_merge_by_sid() -> None:
    source = dumps({"Version": "2012-10-17", "Statement": {"Sid": "a", "Effect": "Deny"}})
    own = {"sid": "a", "actions": ["s3:Get", "s3:Put"], "resources": ["a&{aws:username}"]}
    document = policy_document({"sourcePolicyDocuments": [source], "statements": [own]})
    assert document["Statement"] == [
        {
            "Sid": "a",
            "Effect": "Allow",
            "Action": ["s3:Put", "s3:Get"],
            "Resource": "a${aws:username}",
        }
    ]
    with pytest.raises(ValueError, match="duplicate Sid"):
        policy_document({"statements": [own, own]})
    with pytest.raises(ValueError, match="no JSON"):
        policy_document({"overridePolicyDocuments": ["{"]})


def test_everyone_is_written_in_the_two_ways_that_differ() -> None:
    def principal(kind: str) -> Any:
        given = [{"type": kind, "identifiers": ["*"]}]
        document = policy_document({"statements": [{"actions": ["a"], "principals": given}]})
        return document["Statement"][0]["Principal"]

    assert principal("*") == "*"
    assert principal("AWS") == {"AWS": "*"}
    assert dumps({"a": "<&>"}) == '{"a":"\\u003c\\u0026\\u003e"}'


def test_function_arguments_are_checked() -> None:
    result = provider().invoke("aws:ec2/getVpc:getVpc", {"idd": "vpc-1"})
    assert [failure.property for failure in result.failures] == ["idd"]
    with pytest.raises(ProviderError, match="has no function"):
        provider().invoke("aws:ec2/getNothing:getNothing", {})


def test_partition_needs_no_emulator() -> None:
    result = provider().invoke("aws:index/getPartition:getPartition", {})
    assert result.outputs == {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    }


def test_what_is_recorded_only_is_said() -> None:
    for resource in registry.resources():
        assert provider().records_only(resource.token) == isinstance(resource, RecordedOnly)
    assert not provider().records_only(VPC)


def test_the_environment_is_left_alone() -> None:
    before = dict(os.environ)
    Clients("http://127.0.0.1:1").get("sts", "eu-west-1")
    assert dict(os.environ) == before


def test_blocks_of_the_configuration_may_have_the_names_of_python():
    # What `aws.Provider(assume_roles=[{"role_arn": ...}])` hands over for a plain dictionary.
    given = {
        "region": "eu-west-1",
        "assumeRoles": '[{"role_arn": "arn:aws:iam::123456789012:role/a", "externalId": "b"}]',
        "defaultTags": '{"tags": {"cost_center": "7"}}',
    }
    result = AwsProvider().check_config("", {}, given)
    assert result.failures == ()
    assert result.inputs["assumeRoles"] == [
        {"roleArn": "arn:aws:iam::123456789012:role/a", "externalId": "b"}
    ]
    assert result.inputs["defaultTags"] == {"tags": {"cost_center": "7"}}
    wrong = {"region": "eu-west-1", "assumeRoles": '[{"role_name": "a"}]'}
    assert "role_name" in AwsProvider().check_config("", {}, wrong).failures[0].reason
