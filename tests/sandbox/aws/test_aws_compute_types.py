"""Instances, launch configurations, auto scaling groups, ECS, Fargate profiles, attachments."""

import json

import pytest

from seawall_sandbox.aws.hashes import sha1_of

CLUSTER, SERVICE = "aws:ecs/cluster:Cluster", "aws:ecs/service:Service"
GROUP = "aws:autoscaling/group:Group"
INSTANCE = "aws:ec2/instance:Instance"
LAUNCH = "aws:ec2/launchConfiguration:LaunchConfiguration"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
TARGET = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
TARGETS = "aws:lb/targetGroup:TargetGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
SUBNET, VPC = "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc"

pytestmark = pytest.mark.emulator


@pytest.fixture
def image(client) -> str:
    return client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


@pytest.fixture
def network(stack):
    vpc = stack.create(VPC, "net", cidrBlock="10.77.0.0/16")
    subnet = stack.create(SUBNET, "net-a", vpcId=vpc.id, cidrBlock="10.77.1.0/24")
    group = stack.create(SECURITY_GROUP, "net-g", vpcId=vpc.id)
    return vpc.id, subnet.id, group.id


def test_instance_lives_and_dies(stack, client, image, network):
    _, subnet, group = network
    inputs = {
        "ami": image,
        "instanceType": "t3.micro",
        "metadataOptions": {"httpTokens": "required"},
        "subnetId": subnet,
        "tags": {"a": "b"},
        "userData": "#!/bin/sh\ntrue",
        "vpcSecurityGroupIds": [group],
    }
    made = stack.create(INSTANCE, "i", **inputs)
    assert made.outputs["instanceState"] == "running"
    assert made.outputs["metadataOptions"]["httpTokens"] == "required"
    assert stack.replaced_by(INSTANCE, "i", **{**inputs, "subnetId": "subnet-other"}) == (
        "subnetId",
    )
    fresh = {"userData": "#!/bin/sh\nfalse", "userDataReplaceOnChange": True}
    assert stack.replaced_by(INSTANCE, "i", **{**inputs, **fresh}) == ("userData",)
    changed = ("instanceType", "tags", "tagsAll")
    stack.update(
        INSTANCE, "i", *changed, **{**inputs, "instanceType": "t3.small", "tags": {"c": "d"}}
    )
    found = client("ec2").describe_instances(InstanceIds=[made.id])["Reservations"][0]
    assert found["Instances"][0]["InstanceType"] == "t3.small"
    assert found["Instances"][0]["State"]["Name"] == "running"


@pytest.mark.parametrize("public", [True, False])
def test_instance_with_a_say_on_its_public_address_keeps_its_groups(stack, image, network, public):
    _, subnet, group = network
    made = stack.create(
        INSTANCE,
        "i",
        ami=image,
        instanceType="t3.micro",
        subnetId=subnet,
        vpcSecurityGroupIds=[group],
        associatePublicIpAddress=public,
    )
    assert made.outputs["vpcSecurityGroupIds"] == [group]


def test_launch_configuration_tells_user_data_as_its_hash(stack, image):
    inputs = {"imageId": image, "instanceType": "t3.micro", "userData": "hush"}
    root = {"volumeSize": 20, "volumeType": "gp3"}
    made = stack.create(LAUNCH, "lc", rootBlockDevice=root, **inputs)
    assert made.outputs["userData"] == sha1_of("hush")
    assert made.outputs["rootBlockDevice"]["volumeSize"] == 20
    assert stack.found_again(LAUNCH, "lc")
    bigger = {"volumeSize": 30, "volumeType": "gp3"}
    assert stack.replaced_by(LAUNCH, "lc", rootBlockDevice=bigger, **inputs) == ("rootBlockDevice",)
    other = {**inputs, "userData": "louder"}
    assert stack.replaced_by(LAUNCH, "lc", rootBlockDevice=root, **other) == ("userData",)


def test_auto_scaling_group_lives_and_dies(stack, client, image, network):
    _, subnet, _ = network
    template = stack.create(TEMPLATE, "asg", imageId=image, instanceType="t3.micro")
    inputs = {
        "desiredCapacity": 1,
        "launchTemplate": {"id": template.id, "version": "1"},
        "maxSize": 3,
        "minSize": 1,
        "tags": [{"key": "a", "propagateAtLaunch": True, "value": "b"}],
        "vpcZoneIdentifiers": [subnet],
    }
    made = stack.create(GROUP, "g", **inputs)
    assert made.outputs["healthCheckGracePeriod"] == 300
    assert stack.found_again(GROUP, "g")
    tags = [{"key": "c", "propagateAtLaunch": False, "value": "d"}]
    stack.update(GROUP, "g", "maxSize", "tags", **{**inputs, "maxSize": 4, "tags": tags})
    found = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[made.id])
    group = found["AutoScalingGroups"][0]
    assert (group["MaxSize"], [tag["Key"] for tag in group["Tags"]]) == (4, ["c"])
    assert stack.replaced_by(GROUP, "g", name="other", **inputs) == ("name",)


def test_ecs_service_lives_and_dies(stack, client):
    cluster = stack.create(CLUSTER, "c", tags={"a": "b"})
    assert stack.found_again(CLUSTER, "c")
    on = [{"name": "containerInsights", "value": "enabled"}]
    stack.update(CLUSTER, "c", "settings", settings=on, tags={"a": "b"})
    containers = [{"name": "web", "image": "nginx", "memory": 128}]
    task = stack.create(
        TASK, "t", family="web", containerDefinitions=json.dumps(containers), tags={"a": "b"}
    )
    assert task.outputs["revision"] == 1
    louder = json.dumps([{**containers[0], "memory": 256}])
    replaced = stack.replaced_by(TASK, "t", family="web", containerDefinitions=louder)
    assert replaced == ("containerDefinitions",)
    inputs = {"cluster": cluster.id, "desiredCount": 1, "taskDefinition": task.outputs["arn"]}
    service = stack.create(SERVICE, "s", **inputs)
    assert stack.found_again(SERVICE, "s")
    stack.update(SERVICE, "s", "desiredCount", **{**inputs, "desiredCount": 2})
    found = client("ecs").describe_services(cluster=cluster.id, services=[service.id])
    assert found["services"][0]["desiredCount"] == 2
    assert stack.replaced_by(SERVICE, "s", launchType="FARGATE", **inputs) == ("launchType",)


def test_target_is_attached_and_let_go(stack, client, network):
    vpc, _, _ = network
    targets = stack.create(TARGETS, "t", port=80, protocol="HTTP", targetType="ip", vpcId=vpc)
    inputs = {"targetGroupArn": targets.id, "targetId": "10.77.1.5", "port": 8080}
    stack.create(TARGET, "a", **inputs)
    assert stack.replaced_by(TARGET, "a", **{**inputs, "targetId": "10.77.1.6"}) == ("targetId",)
    stack.delete(TARGET, "a")
    health = client("elbv2").describe_target_health(TargetGroupArn=targets.id)
    assert health["TargetHealthDescriptions"] == []


def test_classic_rule_lives_and_dies(stack, client, network):
    _, _, group = network
    inputs = {
        "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"],
        "fromPort": 443,
        "protocol": "tcp",
        "securityGroupId": group,
        "toPort": 443,
        "type": "ingress",
    }
    rule = stack.create(RULE, "r", description="one", **inputs)
    assert rule.id.startswith("sgrule-")
    assert stack.found_again(RULE, "r")
    stack.update(RULE, "r", "description", description="two", **inputs)
    found = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    texts = {r["Description"] for r in found["IpPermissions"][0]["IpRanges"]}
    assert texts == {"two"}
    fewer = {**inputs, "cidrBlocks": ["10.0.0.0/8"]}
    assert stack.replaced_by(RULE, "r", **fewer) == ("cidrBlocks",)
    assert "already exists" in stack.refused(RULE, "twice", description="two", **inputs)
