"""Parameters and certificates against the emulator."""

import re

import pytest

PARAMETER = "aws:ssm/parameter:Parameter"
CERTIFICATE = "aws:acm/certificate:Certificate"
GET = "aws:ssm/getParameter:getParameter"

pytestmark = pytest.mark.emulator


def test_parameter_lives_and_dies(stack, client):
    made = stack.create(PARAMETER, "/shop/key", type="SecureString", value="one", tags={"a": "b"})
    assert made.outputs["version"] == 1
    assert stack.found_again(PARAMETER, "/shop/key")
    stack.update(
        PARAMETER,
        "/shop/key",
        "description",
        "tags",
        "tagsAll",
        "value",
        type="SecureString",
        value="two",
        description="d",
    )
    found = client("ssm").get_parameter(Name=made.id, WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Version"]) == ("two", 2)
    assert stack.replaced_by(PARAMETER, "/shop/key", type="String", value="x", name="/other") == (
        "name",
    )


def test_value_of_a_parameter_is_a_secret_output(stack):
    urn = f"urn:pulumi:test::seawall::{PARAMETER}::secret"
    checked = stack.provider.check(
        urn, PARAMETER, None, {"type": "SecureString", "value": "s"}, b"seed"
    )
    made = stack.provider.create(urn, PARAMETER, checked.inputs, preview=False, timeout=0)
    assert "value" in made.secret_outputs
    assert stack.provider.invoke(GET, {"name": made.id}).secret_outputs == {"value"}
    stack.provider.delete(urn, PARAMETER, made, timeout=0)


def test_plain_value_stands_apart(stack):
    made = stack.create(PARAMETER, "plain", type="String", insecureValue="open")
    assert (made.outputs["insecureValue"], made.outputs["value"]) == ("open", "")
    assert stack.provider.invoke(GET, {"name": made.id}).secret_outputs == frozenset()
    answer = stack.provider.invoke(GET, {"name": made.id}).outputs
    assert (answer["value"], answer["type"]) == ("open", "String")


@pytest.mark.parametrize(
    "name",
    [
        "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_id",
        "/aws/service/bottlerocket/aws-k8s-1.34-nvidia/arm64/1.50.0/image_id",
        "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id",
    ],
)
def test_node_images_are_made_up_and_stay(stack, name):
    first = stack.provider.invoke(GET, {"name": name}).outputs
    assert re.fullmatch("ami-0[0-9a-f]{16}", first["value"])
    assert first == stack.provider.invoke(GET, {"name": name}).outputs


def test_missing_parameter_is_an_error(stack):
    with pytest.raises(Exception, match="ParameterNotFound"):
        stack.provider.invoke(GET, {"name": "/aws/service/bottlerocket/nothing"})


def test_certificate_lives_and_dies(stack):
    fixed = {
        "domainName": "shop.example.com",
        "subjectAlternativeNames": ["*.shop.example.com"],
        "validationMethod": "DNS",
    }
    made = stack.create(CERTIFICATE, "c", **fixed, tags={"a": "b"})
    assert made.outputs["subjectAlternativeNames"] == ["*.shop.example.com"]
    records = made.outputs["domainValidationOptions"]
    assert {record["domainName"] for record in records} == {
        "shop.example.com",
        "*.shop.example.com",
    }
    stack.update(CERTIFICATE, "c", "tags", "tagsAll", **fixed, tags={"c": "d"})
    other = {**fixed, "domainName": "www.example.com"}
    assert stack.replaced_by(CERTIFICATE, "c", **other) == ("domainName",)


@pytest.mark.parametrize(
    ("type_", "inputs", "property_"),
    [
        (PARAMETER, {"type": "Text", "value": "a"}, "type"),
        (PARAMETER, {"type": "String"}, "value"),
        (PARAMETER, {"type": "String", "value": "a", "insecureValue": "b"}, "value"),
        (PARAMETER, {"type": "SecureString", "insecureValue": "b"}, "insecureValue"),
        (PARAMETER, {"type": "String", "value": "a", "name": "a b"}, "name"),
        (CERTIFICATE, {}, "domainName"),
        (
            CERTIFICATE,
            {"domainName": "a.example.com", "validationMethod": "FAX"},
            "validationMethod",
        ),
    ],
)
def test_bad_arguments_fail_the_check(stack, type_, inputs, property_):
    urn = f"urn:pulumi:test::seawall::{type_}::bad"
    failures = stack.provider.check(urn, type_, None, inputs, b"seed").failures
    assert [failure.property for failure in failures] == [property_]
