"""IAM users and groups, key pairs and main route tables against the emulator."""

import base64

import pytest

USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
GROUP = "aws:iam/group:Group"
MEMBERSHIP = "aws:iam/groupMembership:GroupMembership"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"
USER_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
GROUP_POLICY = "aws:iam/groupPolicy:GroupPolicy"
GROUP_ATTACHMENT = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
MAIN = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
KEY_PAIR = "aws:ec2/keyPair:KeyPair"
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}],
}
WRITE = {**READ, "Statement": [{**READ["Statement"][0], "Action": ["s3:PutObject"]}]}
PUBLIC_KEY = (
    "ssh-rsa "
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQDusXfgTE4eBP50NglSzCSEGnIL6+cr6m3H6cZANOQ+"
    "P1o/W4BdtcAL3sor4iGH7SOeJgo8kweyMQrhrt6HaKGgromRiz37LQx+4YIcqBNCmfa6vvTL"
    "LqBnVbJKlZGsX6AWP3kzvVAVTeqeGoYcyz1wRhWXhmcTq5NiC1vv6rhmBD7aRP2mRSKG8ddb"
    "FS0UIpUYQ8yzbA1ybHXlTQMC0a+wzGAdSnkNqsZWYKUGpyqVEgMcCKmeFqJTqZDdkKFxh1eQ"
    "zZMBz8FhR4iCH7WwZJEx4Xd0ZcDQ6uTKNdCsZ9mVZbe0uoYCyQPCMoWbKUhpQTtzYfeOaE1W"
    "2xmP6uPpaMFx"
    " team@example"
)

pytestmark = pytest.mark.emulator


def test_user_lives_and_dies(stack, client):
    user = stack.create(USER, "user", path="/people/", tags={"a": "b"})
    assert user.outputs["arn"] == f"arn:aws:iam::123456789012:user/people/{user.id}"
    assert stack.found_again(USER, "user")
    stack.update(USER, "user", "path", "tags", "tagsAll", path="/staff/", tags={"c": "d"})
    found = client("iam").get_user(UserName=user.id)["User"]
    assert (found["Path"], found["Tags"]) == ("/staff/", [{"Key": "c", "Value": "d"}])
    assert stack.replaced_by(USER, "user", name="other") == ("name",)


def test_user_with_keys_goes_by_force_alone(stack, client):
    user = stack.create(USER, "user", forceDestroy=True)
    client("iam").create_access_key(UserName=user.id)
    client("iam").attach_user_policy(UserName=user.id, PolicyArn=AWS_POLICY)
    stack.delete(USER, "user")


def test_access_key_keeps_the_secret_that_is_told_once(stack, client):
    user = stack.create(USER, "user")
    key = stack.create(KEY, "key", user=user.id)
    assert key.outputs["status"] == "Active"
    assert len(key.outputs["secret"]) == 40
    password = base64.b64decode(key.outputs["sesSmtpPasswordV4"])
    assert (password[0], len(password)) == (4, 33)
    changed = stack.update(KEY, "key", "status", user=user.id, status="Inactive")
    assert changed.outputs["secret"] == key.outputs["secret"]
    found = client("iam").list_access_keys(UserName=user.id)["AccessKeyMetadata"]
    assert [each["Status"] for each in found] == ["Inactive"]


def test_group_takes_users_in_and_lets_them_go(stack, client):
    group = stack.create(GROUP, "group", path="/a/")
    assert stack.found_again(GROUP, "group")
    names = [stack.create(USER, name).id for name in ("one", "two", "three")]
    stack.create(MEMBERSHIP, "all", group=group.id, users=names[:2])
    assert stack.found_again(MEMBERSHIP, "all")
    stack.update(MEMBERSHIP, "all", "users", group=group.id, users=names[1:])
    there = client("iam").get_group(GroupName=group.id)["Users"]
    assert {user["UserName"] for user in there} == set(names[1:])


def test_policies_of_users_come_and_go(stack, client):
    user = stack.create(USER, "user").id
    policy = stack.create(USER_POLICY, "own", user=user, policy=READ)
    assert policy.id == f"{user}:{policy.outputs['name']}"
    assert stack.found_again(USER_POLICY, "own")
    stack.update(USER_POLICY, "own", "policy", user=user, policy=WRITE)
    name = policy.outputs["name"]
    found = client("iam").get_user_policy(UserName=user, PolicyName=name)
    assert found["PolicyDocument"] == WRITE
    attached = stack.create(USER_ATTACHMENT, "on", user=user, policyArn=AWS_POLICY)
    assert attached.id == f"{user}/{AWS_POLICY}"
    assert stack.found_again(USER_ATTACHMENT, "on")
    other = {"user": "other", "policyArn": AWS_POLICY}
    assert stack.replaced_by(USER_ATTACHMENT, "on", **other) == ("user",)


def test_policies_of_groups_come_and_go(stack, client):
    group = stack.create(GROUP, "group").id
    policy = stack.create(GROUP_POLICY, "own", group=group, policy=READ)
    stack.update(GROUP_POLICY, "own", "policy", group=group, policy=WRITE)
    name = policy.outputs["name"]
    found = client("iam").get_group_policy(GroupName=group, PolicyName=name)
    assert found["PolicyDocument"] == WRITE
    attached = stack.create(GROUP_ATTACHMENT, "on", group=group, policyArn=AWS_POLICY)
    assert attached.id == f"{group}/{AWS_POLICY}"


def test_key_pair_lives_and_dies(stack, client):
    pair = stack.create(KEY_PAIR, "login", publicKey=PUBLIC_KEY + "\n", tags={"a": "b"})
    assert pair.outputs["keyName"] == pair.id
    assert pair.outputs["fingerprint"].count(":") == 15
    assert stack.found_again(KEY_PAIR, "login")
    stack.update(KEY_PAIR, "login", "tags", "tagsAll", publicKey=PUBLIC_KEY + "\n", tags={})
    found = client("ec2").describe_key_pairs(KeyNames=[pair.id])["KeyPairs"]
    assert found[0].get("Tags", []) == []
    other = PUBLIC_KEY.replace("AAAAB3", "AAAAB4")
    assert stack.replaced_by(KEY_PAIR, "login", publicKey=other) == ("publicKey",)


def test_a_vpc_gets_another_main_route_table_and_its_own_back(stack, client):
    vpc = stack.create("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.9.0.0/16").id
    first, second = (
        stack.create("aws:ec2/routeTable:RouteTable", name, vpcId=vpc).id for name in ("a", "b")
    )

    def main():
        tables = client("ec2").describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
            "RouteTables"
        ]
        return [
            table["RouteTableId"]
            for table in tables
            if any(each.get("Main") for each in table["Associations"])
        ]

    [original] = main()
    made = stack.create(MAIN, "main", vpcId=vpc, routeTableId=first)
    assert made.outputs["originalRouteTableId"] == original
    assert main() == [first]
    stack.update(MAIN, "main", "routeTableId", vpcId=vpc, routeTableId=second)
    assert main() == [second]
    stack.delete(MAIN, "main")
    assert main() == [original]
