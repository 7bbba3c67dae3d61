"""What a fixed place for a machine is made of: a network interface and a volume."""

import pytest

IMAGE_OWNERS = ["amazon"]
INSTANCE = "aws:ec2/instance:Instance"
INTERFACE = "aws:ec2/networkInterface:NetworkInterface"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
SUBNET, VPC = "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc"
VOLUME = "aws:ebs/volume:Volume"
ZONE = "eu-west-1a"

pytestmark = pytest.mark.emulator


@pytest.fixture
def network(stack):
    vpc = stack.create(VPC, "slots", cidrBlock="10.78.0.0/16")
    subnet = stack.create(
        SUBNET, "slots-a", vpcId=vpc.id, cidrBlock="10.78.1.0/24", availabilityZone=ZONE
    )
    group = stack.create(SECURITY_GROUP, "slots-g", vpcId=vpc.id)
    return subnet.id, group.id


def test_volume_lives_and_dies(stack, client):
    fixed = {"availabilityZone": ZONE, "encrypted": True, "type": "gp3"}
    made = stack.create(VOLUME, "raft", **fixed, size=20, tags={"slot": "1"})
    assert (made.outputs["iops"], made.outputs["throughput"]) == (3000, 125)
    assert made.outputs["kmsKeyId"].startswith("arn:aws:kms:")
    assert stack.found_again(VOLUME, "raft")
    changed = ("iops", "size", "tags", "tagsAll")
    stack.update(VOLUME, "raft", *changed, **fixed, size=40, iops=4000, tags={"slot": "2"})
    found = client("ec2").describe_volumes(VolumeIds=[made.id])["Volumes"][0]
    assert (found["Size"], found["Iops"]) == (40, 4000)
    other = {**fixed, "availabilityZone": "eu-west-1b", "encrypted": False, "size": 40}
    assert stack.replaced_by(VOLUME, "raft", **other) == ("availabilityZone", "encrypted")


def test_volume_in_use_waits_and_leaves_a_last_snapshot(stack, client, network):
    subnet, _ = network
    ec2 = client("ec2")
    image = ec2.describe_images(Owners=IMAGE_OWNERS)["Images"][0]["ImageId"]
    machine = stack.create(INSTANCE, "machine", ami=image, instanceType="t3.micro", subnetId=subnet)
    made = stack.create(
        VOLUME, "kept", availabilityZone=ZONE, size=8, finalSnapshot=True, tags={"of": "slot"}
    )
    assert made.outputs["iops"] == 100
    ec2.attach_volume(VolumeId=made.id, InstanceId=machine.id, Device="/dev/sdf")
    assert "VolumeInUse" in stack.deletion_refused(VOLUME, "kept")
    ec2.detach_volume(VolumeId=made.id, InstanceId=machine.id, Device="/dev/sdf")
    stack.delete(VOLUME, "kept")
    ours = [{"Name": "tag:of", "Values": ["slot"]}]
    snapshots = ec2.describe_snapshots(Filters=ours)["Snapshots"]
    assert made.id in {snapshot["VolumeId"] for snapshot in snapshots}
    for snapshot in snapshots:
        ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])


@pytest.mark.parametrize(
    ("inputs", "property_"),
    [
        ({}, "size"),
        ({"size": 8, "type": "io2"}, "iops"),
        ({"size": 8, "iops": 100}, "iops"),
        ({"size": 8, "type": "gp2", "throughput": 200}, "throughput"),
        ({"size": 8, "type": "gp3", "multiAttachEnabled": True}, "multiAttachEnabled"),
        ({"size": 8, "volumeInitializationRate": 100}, "volumeInitializationRate"),
    ],
)
def test_volumes_that_do_not_fit_fail_the_check(stack, inputs, property_):
    urn = f"urn:pulumi:test::seawall::{VOLUME}::bad"
    inputs = {"availabilityZone": ZONE, **inputs}
    failures = stack.provider.check(urn, VOLUME, None, inputs, b"seed").failures
    assert [failure.property for failure in failures] == [property_]


def test_interface_lives_and_dies(stack, client, network):
    subnet, group = network
    inputs = {
        "description": "manager 1",
        "privateIps": ["10.78.1.10"],
        "securityGroups": [group],
        "subnetId": subnet,
        "tags": {"slot": "1"},
    }
    made = stack.create(INTERFACE, "slot", **inputs)
    assert made.outputs["privateIp"] == "10.78.1.10"
    assert made.outputs["privateIpsCount"] == 0
    assert stack.found_again(INTERFACE, "slot")
    elsewhere = {**inputs, "privateIps": ["10.78.1.11"]}
    assert stack.replaced_by(INTERFACE, "slot", **elsewhere) == ("privateIps",)
    changed = ("description", "privateIps", "sourceDestCheck", "tags", "tagsAll")
    more = {
        **inputs,
        "description": "manager one",
        "privateIps": ["10.78.1.10", "10.78.1.12"],
        "sourceDestCheck": False,
        "tags": {"slot": "2"},
    }
    stack.update(INTERFACE, "slot", *changed, **more)
    found = client("ec2").describe_network_interfaces(NetworkInterfaceIds=[made.id])
    [interface] = found["NetworkInterfaces"]
    assert not interface["SourceDestCheck"]
    assert {own["PrivateIpAddress"] for own in interface["PrivateIpAddresses"]} == {
        "10.78.1.10",
        "10.78.1.12",
    }


def test_interface_is_put_on_a_machine_and_taken_off(stack, client, network):
    subnet, _ = network
    image = client("ec2").describe_images(Owners=IMAGE_OWNERS)["Images"][0]["ImageId"]
    machine = stack.create(INSTANCE, "host", ami=image, instanceType="t3.micro", subnetId=subnet)
    stack.create(INTERFACE, "loose", subnetId=subnet, privateIpsCount=1)
    attachment = {"instance": machine.id, "deviceIndex": 1}
    stack.update(
        INTERFACE,
        "loose",
        "attachments",
        subnetId=subnet,
        privateIpsCount=1,
        attachments=[attachment],
    )


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.78.2.10", "InvalidParameterValue"),
        ("10.78.1.3", "InvalidParameterValue"),
        ("10.78.1.255", "InvalidParameterValue"),
        ("10.78.1.20", "InvalidIPAddress.InUse"),
    ],
)
def test_addresses_that_ec2_refuses(stack, network, address, code):
    subnet, _ = network
    stack.create(INTERFACE, "first", subnetId=subnet, privateIps=["10.78.1.20"])
    assert code in stack.refused(INTERFACE, "second", subnetId=subnet, privateIps=[address])
