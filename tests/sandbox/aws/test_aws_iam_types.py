"""IAM types against the emulator: made, changed, found again, deleted."""

import json

import pytest

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["eks.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}],
}
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "*"}],
}

pytestmark = pytest.mark.emulator


def test_role_lives_and_dies(stack, client):
    role = stack.create(ROLE, "role", assumeRolePolicy=TRUST, description="a", tags={"a": "b"})
    assert role.outputs["arn"] == f"arn:aws:iam::123456789012:role/{role.id}"
    assert json.loads(role.outputs["assumeRolePolicy"]) == TRUST
    assert stack.found_again(ROLE, "role")
    stack.update(
        ROLE,
        "role",
        "description",
        "maxSessionDuration",
        "tags",
        "tagsAll",
        assumeRolePolicy=TRUST,
        maxSessionDuration=7200,
        tags={"c": "d"},
    )
    found = client("iam").get_role(RoleName=role.id)["Role"]
    assert (found["MaxSessionDuration"], found["Tags"]) == (7200, [{"Key": "c", "Value": "d"}])
    assert stack.replaced_by(ROLE, "role", assumeRolePolicy=TRUST, path="/x/") == ("path",)


def test_role_with_its_own_policies_takes_them_along(stack, client):
    role = stack.create(
        ROLE,
        "own",
        assumeRolePolicy=TRUST,
        managedPolicyArns=[AWS_POLICY],
        inlinePolicies=[{"name": "read", "policy": json.dumps(READ)}],
    )
    assert role.outputs["managedPolicyArns"] == [AWS_POLICY]
    stack.update(
        ROLE,
        "own",
        "inlinePolicies",
        assumeRolePolicy=TRUST,
        managedPolicyArns=[AWS_POLICY],
        inlinePolicies=[{"name": "write", "policy": json.dumps(WRITE)}],
    )
    assert client("iam").list_role_policies(RoleName=role.id)["PolicyNames"] == ["write"]


def test_role_with_policies_of_others_goes_by_force_alone(stack, client):
    role = stack.create(ROLE, "held", assumeRolePolicy=TRUST)
    client("iam").attach_role_policy(RoleName=role.id, PolicyArn=AWS_POLICY)
    assert "DeleteConflict" in stack.deletion_refused(ROLE, "held")
    stack.update(
        ROLE, "held", "forceDetachPolicies", assumeRolePolicy=TRUST, forceDetachPolicies=True
    )


def test_policies_are_put_on_and_taken_off(stack, client):
    role = stack.create(ROLE, "carrier", assumeRolePolicy=TRUST)
    inline = stack.create(ROLE_POLICY, "inline", role=role.id, policy=READ)
    assert inline.id == f"{role.id}:{inline.outputs['name']}"
    stack.update(ROLE_POLICY, "inline", "policy", role=role.id, policy=WRITE)
    attachment = stack.create(ATTACHMENT, "att", role=role.id, policyArn=AWS_POLICY)
    assert attachment.id == f"{role.id}/{AWS_POLICY}"
    for type_, name in ((ROLE_POLICY, "inline"), (ATTACHMENT, "att")):
        assert stack.found_again(type_, name)
    stack.delete(ATTACHMENT, "att")
    assert client("iam").list_attached_role_policies(RoleName=role.id)["AttachedPolicies"] == []


def test_managed_policy_keeps_at_most_five_versions(stack, client):
    policy = stack.create(POLICY, "managed", policy=READ, description="d", tags={"a": "b"})
    for number in range(6):
        document = WRITE if number % 2 == 0 else READ
        stack.update(POLICY, "managed", "policy", policy=document, description="d", tags={"a": "b"})
    assert len(client("iam").list_policy_versions(PolicyArn=policy.id)["Versions"]) == 5
    assert stack.found_again(POLICY, "managed")
    assert stack.replaced_by(POLICY, "managed", policy=READ, tags={"a": "b"}) == ("description",)


def test_instance_profile_changes_its_role(stack, client):
    first = stack.create(ROLE, "first", assumeRolePolicy=TRUST)
    second = stack.create(ROLE, "second", assumeRolePolicy=TRUST)
    profile = stack.create(PROFILE, "profile", role=first.id, tags={"a": "b"})
    stack.update(PROFILE, "profile", "role", "tags", "tagsAll", role=second.id)
    found = client("iam").get_instance_profile(InstanceProfileName=profile.id)["InstanceProfile"]
    assert [role["RoleName"] for role in found["Roles"]] == [second.id]


def test_identity_provider_is_told_without_scheme(stack):
    url = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789"
    made = stack.create(
        OIDC,
        "oidc",
        url=url,
        clientIdLists=["sts.amazonaws.com"],
        thumbprintLists=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
    )
    assert made.outputs["url"] == url.removeprefix("https://")
    stack.update(
        OIDC,
        "oidc",
        "clientIdLists",
        "tags",
        "tagsAll",
        url=url,
        clientIdLists=["b", "a"],
        thumbprintLists=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
        tags={"k": "v"},
    )
    assert stack.replaced_by(OIDC, "oidc", url=f"{url}9", clientIdLists=["a", "b"]) == ("url",)


def test_get_role_tells_what_a_role_is(stack):
    role = stack.create(ROLE, "asked", assumeRolePolicy=TRUST, tags={"a": "b"})
    answer = stack.provider.invoke("aws:iam/getRole:getRole", {"name": role.id}).outputs
    assert (answer["arn"], answer["tags"]) == (role.outputs["arn"], {"a": "b"})


@pytest.mark.parametrize(
    ("type_", "inputs", "property_"),
    [
        (ROLE, {"assumeRolePolicy": "{", "name": "a"}, "assumeRolePolicy"),
        (ROLE, {"assumeRolePolicy": TRUST, "name": "a" * 65}, "name"),
        (ROLE, {"assumeRolePolicy": TRUST, "name": "a b"}, "name"),
        (POLICY, {"policy": "[]", "name": "a"}, "policy"),
        (OIDC, {"url": "http://x", "clientIdLists": ["a"]}, "url"),
    ],
)
def test_bad_arguments_fail_the_check(stack, type_, inputs, property_):
    urn = f"urn:pulumi:test::seawall::{type_}::bad"
    failures = stack.provider.check(urn, type_, None, inputs, b"seed").failures
    assert [failure.property for failure in failures] == [property_]
