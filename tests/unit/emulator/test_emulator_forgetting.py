"""What the emulator lets go of when it was deleted."""

import functools
import gc
import weakref
from io import BytesIO

import pytest
from moto.core.common_models import BaseModel
from moto.ec2.models import ec2_backends

from seawall_sandbox.emulator import forgetting, moto_host
from seawall_sandbox.emulator.inventory import inventory

ACCOUNT, REGION = "123456789012", "eu-west-3"


@pytest.fixture
def ec2(monkeypatch):
    """EC2 as the emulator hosts it, without a process."""
    monkeypatch.setattr(BaseModel, "__new__", BaseModel.__new__)
    forgetting.keep_no_history()
    backend = ec2_backends[ACCOUNT][REGION]
    yield backend
    backend.reset()


def network(ec2):
    """A VPC with what a stack has in it; its id."""
    vpc = ec2.create_vpc("10.9.0.0/16", tags=[{"Key": "Name", "Value": "main"}])
    subnet = ec2.create_subnet(vpc.id, "10.9.1.0/24", availability_zone=f"{REGION}a")
    subnet.add_tags({"Name": "one"})
    address = ec2.allocate_address("vpc")
    gateway = ec2.create_nat_gateway(subnet.id, address.allocation_id)
    gateway.add_tags({"Name": "way out"})
    return vpc, subnet, gateway


def remove(ec2, vpc, subnet, gateway):
    ec2.delete_nat_gateway(gateway.id)
    ec2.delete_network_interface(gateway._eni.id)
    ec2.release_address(allocation_id=gateway.address_set[0]["allocationId"])
    ec2.delete_subnet(subnet.id)
    ec2.delete_vpc(vpc.id)


def counts():
    return {name: count for name, count in inventory()["moto"].items() if name.startswith("ec2.")}


def test_a_network_that_is_gone_leaves_no_model_and_no_tag(ec2):
    before, tags = counts(), dict(ec2.tags)
    parts = network(ec2)
    assert counts()["ec2.NatGateway"] == before.get("ec2.NatGateway", 0) + 1
    remove(ec2, *parts)
    del parts
    forgetting.forget_networks()
    assert counts() == before
    assert ec2.tags == tags


def test_what_is_still_there_stays_with_its_tags(ec2):
    gone, kept = network(ec2), network(ec2)
    remove(ec2, *gone)
    forgetting.forget_networks()
    vpc, subnet, gateway = kept
    assert ec2.tags[vpc.id] == {"Name": "main"}
    assert ec2.tags[subnet.id] == {"Name": "one"}
    assert ec2.nat_gateways == {gateway.id: gateway}
    assert {acl.vpc_id for acl in ec2.network_acls.values()} == set(ec2.vpcs)


def test_tags_of_what_moto_does_not_model_stay(ec2):
    ec2.create_tags(["pl-1"], {"Name": "a list"})
    forgetting.forget_networks()
    assert ec2.tags["pl-1"] == {"Name": "a list"}


def test_subnets_still_hand_out_each_address_once(ec2):
    _, subnet, _ = network(ec2)
    taken = [subnet.get_available_subnet_ip(None) for _ in range(5)]
    assert len({*taken, *map(str, subnet.aws_reserved_ips)}) == 5 + len(subnet.aws_reserved_ips)


def test_the_cache_of_a_method_goes_with_its_object():
    class Counted(BaseModel):
        __module__ = "moto.none.models"

        @functools.cache  # noqa: B019  # as moto has it
        def once(self, word):
            return [word]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseModel, "__new__", BaseModel.__new__)
        forgetting.keep_no_history()
        one = Counted()
        assert one.once("a") is one.once("a") is not one.once("b")
        known = weakref.ref(one)
        del one
        gc.collect()
        assert known() is None


@pytest.mark.parametrize(
    ("body", "deletes"),
    [
        (b"Action=DeleteVpc&VpcId=vpc-1", True),
        (b"VpcId=vpc-1&Action=DeleteVpc", True),
        (b"Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-1", False),
        (b"", False),
    ],
)
def test_only_a_deleted_vpc_is_a_reason_to_look(body, deletes):
    assert moto_host._deletes_vpc({"wsgi.input": BytesIO(body)}) is deletes
