"""Route 53 against the emulator: zones and records made, changed, found again, deleted."""

import pytest

from seawall_sandbox.protocol import ProviderError

ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"
GET_ZONE = "aws:route53/getZone:getZone"

pytestmark = pytest.mark.emulator


def test_zone_lives_and_dies(stack, client):
    zone = stack.create(ZONE, "zone", name="Shop.Example.", tags={"a": "b"})
    assert zone.outputs["zoneId"] == zone.id
    assert zone.outputs["arn"] == f"arn:aws:route53:::hostedzone/{zone.id}"
    assert zone.outputs["comment"] == "Managed by Pulumi"
    assert len(zone.outputs["nameServers"]) == 4
    assert zone.outputs["primaryNameServer"] in zone.outputs["nameServers"]
    assert stack.found_again(ZONE, "zone")
    stack.update(ZONE, "zone", "comment", "tags", "tagsAll", name="shop.example", comment="c")
    there = client("route53").get_hosted_zone(Id=zone.id)["HostedZone"]
    assert (there["Name"], there["Config"]["Comment"]) == ("shop.example.", "c")
    assert stack.replaced_by(ZONE, "zone", name="other.example") == ("name",)


def test_private_zone_belongs_to_vpcs(stack, client):
    first, second = (
        stack.create("aws:ec2/vpc:Vpc", name, cidrBlock=f"10.{number}.0.0/16").id
        for name, number in (("a", 31), ("b", 32))
    )
    zone = stack.create(ZONE, "inner", name="inner.example", vpcs=[{"vpcId": first}])
    both = [{"vpcId": first}, {"vpcId": second}]
    stack.update(ZONE, "inner", "vpcs", name="inner.example", vpcs=both)
    there = client("route53").get_hosted_zone(Id=zone.id)["VPCs"]
    assert {vpc["VPCId"] for vpc in there} == {first, second}
    stack.update(ZONE, "inner", "vpcs", name="inner.example", vpcs=both[1:])
    found = stack.provider.invoke(GET_ZONE, {"name": "inner.example", "privateZone": True}).outputs
    assert (found["zoneId"], found["privateZone"]) == (zone.id, True)


@pytest.mark.parametrize("name", ["www", "WWW.records.example", "www.records.example."])
def test_record_lives_and_dies(stack, name):
    zone = stack.create(ZONE, "zone", name="records.example").id
    given = {"zoneId": zone, "name": name, "type": "A"}
    record = stack.create(RECORD, "www", **given, ttl=60, records=["192.0.2.2", "192.0.2.1"])
    assert record.outputs["fqdn"] == "www.records.example"
    assert record.outputs["name"] == name
    assert record.id == f"{zone}_{name.lower()}_A"
    assert stack.found_again(RECORD, "www")
    stack.update(RECORD, "www", "records", "ttl", **given, ttl=30, records=["192.0.2.3"])
    other = {**given, "type": "AAAA", "ttl": 30, "records": ["2001:db8::1"]}
    assert stack.replaced_by(RECORD, "www", **other) == ("type",)


def test_other_kinds_of_records_settle(stack):
    zone = stack.create(ZONE, "zone", name="kinds.example").id
    stack.create(RECORD, "txt", zoneId=zone, name="", type="TXT", ttl=5, records=["v=spf1 -all"])
    stack.create(RECORD, "any", zoneId=zone, name="*", type="CNAME", ttl=5, records=["a.example"])
    alias = {"name": "lb.elb.amazonaws.com", "zoneId": "Z32O12XQLNTSW2"}
    alias["evaluateTargetHealth"] = True
    stack.create(RECORD, "alias", zoneId=zone, name="lb", type="A", aliases=[alias])
    for name, weight in (("blue", 90), ("green", 10)):
        stack.create(
            RECORD,
            name,
            zoneId=zone,
            name="app",
            type="CNAME",
            ttl=5,
            records=[f"{name}.example"],
            setIdentifier=name,
            weightedRoutingPolicies=[{"weight": weight}],
        )
    assert stack.found_again(RECORD, "green")


@pytest.mark.parametrize(
    ("inputs", "property_"),
    [
        ({}, "records"),
        (
            {
                "records": ["a"],
                "aliases": [{"name": "b", "zoneId": "c", "evaluateTargetHealth": True}],
            },
            "records",
        ),
        (
            {"records": ["a"], "cidrRoutingPolicy": {"collectionId": "a", "locationName": "b"}},
            "cidrRoutingPolicy",
        ),
    ],
)
def test_bad_records_fail_the_check(stack, inputs, property_):
    given = {"zoneId": "Z1", "name": "a", "type": "A", **inputs}
    checked = stack.provider.check("urn:pulumi:a::b::c::d", RECORD, None, given, b"")
    assert property_ in {failure.property for failure in checked.failures}


def test_get_zone_finds_one_by_name_or_id(stack):
    zone = stack.create(ZONE, "zone", name="find.example", tags={"a": "b"})
    for arguments in (
        {"name": "find.example."},
        {"zoneId": zone.id},
        {"name": "find.example", "tags": {"a": "b"}},
    ):
        found = stack.provider.invoke(GET_ZONE, arguments).outputs
        assert found["id"] == found["zoneId"] == zone.id
        assert found["nameServers"] == zone.outputs["nameServers"]
    for arguments in ({"name": "no.example"}, {"name": "find.example", "tags": {"a": "c"}}):
        with pytest.raises(ProviderError, match="no hosted zone matches"):
            stack.provider.invoke(GET_ZONE, arguments)
