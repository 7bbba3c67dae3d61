from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from mocks import Registered, by_type, names, record

from seawall.arguments import InvalidArgumentsError
from seawall.firewall import (
    ANY_PORT,
    Firewall,
    FirewallArgs,
    Flow,
    IpProtocol,
    LedgerError,
    Peer,
    Ports,
)

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

NODES, ENTRY = Peer.group("nodes"), Peer.group("load-balancer")
FLOWS = (
    Flow(Peer.internet(), ENTRY, IpProtocol.TCP, Ports.one(443), "public entry"),
    Flow(ENTRY, Peer.workload("web"), IpProtocol.TCP, Ports(8080, 8081), "entry to web"),
    Flow(NODES, Peer.prefix_list("s3"), IpProtocol.TCP, Ports.one(443), "image layers"),
    Flow(NODES, NODES, IpProtocol.ICMP, ANY_PORT, "path MTU discovery"),
    Flow(NODES, NODES, IpProtocol.ESP, ANY_PORT, "encrypted overlay"),
)


def _firewall(**args: Any) -> list[Registered]:
    settings: FirewallArgs = {
        "vpc_id": "vpc-1",
        "flows": FLOWS,
        "prefix_list_ids": {"s3": "pl-63a5400a"},
        **args,
    }  # type: ignore[typeddict-item]
    return record(lambda: Firewall("shop", settings))


def test_a_group_for_each_role_and_a_resource_for_each_rule() -> None:
    assert names(_firewall()) == sorted(
        [
            ("seawall:index:Firewall", "shop"),
            (GROUP, "shop-load-balancer"),
            (GROUP, "shop-nodes"),
            (INGRESS, "shop-load-balancer-ingress-0.0.0.0_0-tcp-443"),
            (EGRESS, "shop-load-balancer-egress-nodes-tcp-8080-8081"),
            (INGRESS, "shop-nodes-ingress-load-balancer-tcp-8080-8081"),
            (EGRESS, "shop-nodes-egress-prefix-list-s3-tcp-443"),
            (EGRESS, "shop-nodes-egress-nodes-icmp-all"),
            (INGRESS, "shop-nodes-ingress-nodes-icmp-all"),
            (EGRESS, "shop-nodes-egress-nodes-50-all"),
            (INGRESS, "shop-nodes-ingress-nodes-50-all"),
        ]
    )


def _rule(type_: str, name: str) -> dict[str, Any]:
    inputs = dict(by_type(_firewall(), type_)[name].inputs)
    del inputs["tags"]
    return inputs


def test_a_rule_from_a_range() -> None:
    assert _rule(INGRESS, "shop-load-balancer-ingress-0.0.0.0_0-tcp-443") == {
        "securityGroupId": "shop-load-balancer.id",
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrIpv4": "0.0.0.0/0",
        "description": "public entry",
    }


def test_a_rule_between_groups() -> None:
    assert _rule(EGRESS, "shop-load-balancer-egress-nodes-tcp-8080-8081") == {
        "securityGroupId": "shop-load-balancer.id",
        "ipProtocol": "tcp",
        "fromPort": 8080,
        "toPort": 8081,
        "referencedSecurityGroupId": "shop-nodes.id",
        "description": "entry to web",
    }


def test_a_rule_to_a_prefix_list() -> None:
    assert _rule(EGRESS, "shop-nodes-egress-prefix-list-s3-tcp-443") == {
        "securityGroupId": "shop-nodes.id",
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "prefixListId": "pl-63a5400a",
        "description": "image layers",
    }


def test_icmp_names_all_types_and_other_protocols_no_ports() -> None:
    icmp = _rule(INGRESS, "shop-nodes-ingress-nodes-icmp-all")
    assert (icmp["ipProtocol"], icmp["fromPort"], icmp["toPort"]) == ("icmp", -1, -1)
    esp = _rule(INGRESS, "shop-nodes-ingress-nodes-50-all")
    assert (esp["ipProtocol"], esp.get("fromPort"), esp.get("toPort")) == ("50", None, None)


def test_groups_have_no_rules_of_their_own_and_let_go_of_each_other() -> None:
    for name, group in by_type(_firewall(), GROUP).items():
        inputs = dict(group.inputs)
        assert inputs.pop("tags") == {"Name": name}
        assert inputs == {
            "description": f"shop: {name.removeprefix('shop-')}",
            "vpcId": "vpc-1",
            "revokeRulesOnDelete": True,
        }


def test_ids_by_role() -> None:
    component = by_type(_firewall(), "seawall:index:Firewall")["shop"]
    assert component.outputs == {
        "security_group_ids": {"load-balancer": "shop-load-balancer.id", "nodes": "shop-nodes.id"}
    }


def test_the_groups_are_there_for_the_program() -> None:
    def program() -> None:
        firewall = Firewall("shop", {"vpc_id": "vpc-1", "flows": FLOWS[:2]})
        assert sorted(firewall.security_groups) == ["load-balancer", "nodes"]
        assert len(firewall.ledger.open_ports()) == 2
        aws.ssm.Parameter("id", type="String", value=firewall.security_groups["nodes"].id)

    parameter = by_type(record(program), "aws:ssm/parameter:Parameter")["id"]
    assert parameter.inputs["value"] == "shop-nodes.id"


def test_workloads_may_live_elsewhere() -> None:
    registered = record(
        lambda: Firewall("shop", {"vpc_id": "vpc-1", "flows": FLOWS[:2], "workloads_in": "workers"})
    )
    assert sorted(by_type(registered, GROUP)) == ["shop-load-balancer", "shop-workers"]


def test_the_vpc_may_be_an_output() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16")
        Firewall("shop", {"vpc_id": vpc.id, "flows": FLOWS[:1]})

    group = by_type(record(program), GROUP)["shop-load-balancer"]
    assert group.inputs["vpcId"] == "v.id"


def test_a_preview_declares_the_same_resources() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16")
        Firewall("shop", {"vpc_id": vpc.id, "flows": FLOWS[:2]})

    assert names(record(program, preview=True)) == names(record(program))


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ({"prefix_list_ids": None}, InvalidArgumentsError, "prefix_list_ids has no ID for s3"),
        ({"flow": ()}, InvalidArgumentsError, "argument flow is not known. Did you mean 'flows'"),
        ({"flows": ["web"]}, InvalidArgumentsError, r"argument flows\.0"),
        (
            {"flows": [Flow(NODES, NODES, IpProtocol.TCP, Ports.one(22), "ssh")]},
            LedgerError,
            "port 22 is never opened",
        ),
    ],
)
def test_wrong_arguments_are_refused(
    args: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _firewall(**args)


def test_the_users_options_reach_every_rule() -> None:
    registered = record(
        lambda: Firewall(
            "shop",
            {"vpc_id": "vpc-1", "flows": FLOWS[:2]},
            pulumi.ResourceOptions(protect=True),
        )
    )
    assert all(item.protect for item in registered)


def test_no_flows_no_groups() -> None:
    (component,) = _firewall(flows=())
    assert component.outputs == {"security_group_ids": {}}
