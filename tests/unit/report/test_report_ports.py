"""Open ports and connections come from the plan; what the ledger does not know is shown as such."""

from dataclasses import replace
from typing import Any

import pytest

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports
from seawall.firewall.ledger import Ledger
from seawall.report.connections import (
    ONE_SIDED,
    Connection,
    closed_by_default,
    connections,
)
from seawall.report.ports import DIFFERS, NOT_IN_LEDGER, NOT_IN_PLAN, OpenPort, open_ports
from seawall.report.resource import Resource

PREFIX = "urn:pulumi:local::shop::"
FIREWALL = Resource(
    f"{PREFIX}seawall:index:Firewall::shop", "seawall:index:Firewall", "", {}, custom=False
)
UNKNOWN = "[known after up]"

FLOWS = (
    Flow(Peer.internet(), Peer.group("load-balancer"), IpProtocol.TCP, Ports.one(443), "entry"),
    Flow(Peer.group("load-balancer"), Peer.workload("web"), IpProtocol.TCP, Ports.one(80), "lb"),
    Flow(Peer.workload("web"), Peer.workload("db"), IpProtocol.TCP, Ports.one(5432), "data"),
    Flow(Peer.workload("web"), Peer.prefix_list("s3"), IpProtocol.TCP, Ports.one(443), "pictures"),
)
LEDGER = Ledger(FLOWS)


def rule(name: str, **inputs: Any) -> Resource:
    kind = "Ingress" if "-ingress-" in name else "Egress"
    type_ = f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule"
    urn = f"{PREFIX}seawall:index:Firewall${type_}::shop-{name}"
    return Resource(urn, type_, FIREWALL.urn, {"securityGroupId": UNKNOWN, **inputs})


def planned() -> list[Resource]:
    """What the firewall declares for the ledger."""
    found = [FIREWALL]
    for each in LEDGER.rules():
        peers = {
            "group": {"referencedSecurityGroupId": UNKNOWN},
            "cidr": {"cidrIpv4": each.peer.name},
            "prefix-list": {"prefixListId": "pl-123"},
        }
        found.append(
            rule(
                each.key,
                ipProtocol=each.protocol.value,
                fromPort=float(each.ports.first),
                toPort=float(each.ports.last),
                description=each.description,
                **peers[each.peer.kind.value],
            )
        )
    return found


GOOD = (
    OpenPort("load-balancer", "egress", "tcp", "80", "nodes", "lb"),
    OpenPort("load-balancer", "ingress", "tcp", "443", "0.0.0.0/0", "entry"),
    OpenPort("nodes", "egress", "tcp", "443", "prefix list s3", "pictures"),
    OpenPort("nodes", "egress", "tcp", "5432", "nodes", "data"),
    OpenPort("nodes", "ingress", "tcp", "80", "load-balancer", "lb"),
    OpenPort("nodes", "ingress", "tcp", "5432", "nodes", "data"),
)


def test_the_rules_of_the_ledger_name_their_peers_by_role():
    assert open_ports(planned(), LEDGER.rules()) == GOOD


def test_a_rule_beside_the_ledger_is_shown_as_such():
    stranger = rule(
        "nodes-ingress-0.0.0.0_0-tcp-22",
        ipProtocol="tcp",
        fromPort=22,
        toPort=22,
        cidrIpv4="0.0.0.0/0",
        description="please",
    )
    odd = [port for port in open_ports([*planned(), stranger], LEDGER.rules()) if port.note]
    assert odd == [
        OpenPort("nodes", "ingress", "tcp", "22", "0.0.0.0/0", "please", note=NOT_IN_LEDGER)
    ]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"cidrIpv4": "10.0.0.0/8"}, {"peer": "10.0.0.0/8"}),
        ({"toPort": 445}, {"ports": "443-445"}),
        (
            {"ipProtocol": "-1", "fromPort": None, "toPort": None},
            {"protocol": "all", "ports": "all"},
        ),
        ({"description": "something else"}, {"reason": "something else"}),
        (
            {"cidrIpv4": None, "referencedSecurityGroupId": UNKNOWN},
            {"peer": "a security group"},
        ),
        ({"cidrIpv4": None, "cidrIpv6": "::/0"}, {"peer": "::/0"}),
    ],
)
def test_a_rule_that_has_the_name_of_the_ledgers_but_opens_something_else_is_shown(change, shown):
    resources = [
        replace(each, inputs={**each.inputs, **change})
        if each.name == "shop-load-balancer-ingress-0.0.0.0_0-tcp-443"
        else each
        for each in planned()
    ]
    (odd,) = [port for port in open_ports(resources, LEDGER.rules()) if port.note]
    assert odd == replace(GOOD[1], note=DIFFERS, **shown)


def test_a_rule_of_the_ledger_that_the_plan_lacks_is_shown():
    resources = [each for each in planned() if "prefix-list" not in each.name]
    (odd,) = [port for port in open_ports(resources, LEDGER.rules()) if port.note]
    assert odd == replace(GOOD[2], note=NOT_IN_PLAN)


@pytest.mark.parametrize(
    ("type_", "inputs", "expected"),
    [
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {
                "ingress": [
                    {
                        "protocol": "tcp",
                        "fromPort": 22.0,
                        "toPort": 22.0,
                        "cidrBlocks": ["10.0.0.0/8"],
                        "securityGroups": [UNKNOWN],
                        "self": True,
                        "description": "ssh",
                    }
                ]
            },
            [
                ("ingress", "tcp", "22", "10.0.0.0/8", "ssh"),
                ("ingress", "tcp", "22", "a security group", "ssh"),
                ("ingress", "tcp", "22", "x", "ssh"),
            ],
        ),
        (
            "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
            {"ingress": [], "egress": UNKNOWN},
            [("egress", "all", "all", UNKNOWN, "")],
        ),
        (
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            {
                "type": "egress",
                "protocol": "udp",
                "fromPort": 1,
                "toPort": 9,
                "ipv6CidrBlocks": ["::/0"],
            },
            [("egress", "udp", "1-9", "::/0", "")],
        ),
        ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "x"}, []),
        ("aws:ec2/vpc:Vpc", {"ingress": [{}]}, []),
    ],
)
def test_rules_in_other_forms_are_found(type_, inputs, expected):
    resources = [*planned(), Resource(f"{PREFIX}{type_}::x", type_, "", inputs)]
    odd = [port for port in open_ports(resources, LEDGER.rules()) if port.note]
    assert odd == [OpenPort("x", *each, note=NOT_IN_LEDGER) for each in expected]


def test_without_a_ledger_nothing_is_held_against_it():
    found = open_ports(planned(), None)
    assert {port.note for port in found} == {""}
    assert "a security group" in {port.peer for port in found}


def policy(name: str, pods: str, namespace: str = "shop", **spec: Any) -> Resource:
    type_ = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    selector = {"matchLabels": {"app.kubernetes.io/name": pods}} if pods else {}
    inputs = {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress", "Egress"], **spec},
    }
    return Resource(f"{PREFIX}{type_}::{name}", type_, "", inputs)


def service(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def tcp(port: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": float(port)}]


BALANCER = ("10.0.0.0/24", "10.0.1.0/24")
BLOCKS = [{"ipBlock": {"cidr": cidr}} for cidr in BALANCER]
WEB = policy(
    "web",
    "web",
    ingress=[{"from": BLOCKS, "ports": tcp(80)}],
    egress=[{"to": [service("db")], "ports": tcp(5432)}],
)
DB = policy("db", "db", ingress=[{"from": [service("web")], "ports": tcp(5432)}])
DENY = policy("default-deny", "")
ROWS = LEDGER.open_ports()


def test_connections_are_those_that_both_sides_allow_with_the_ledgers_reasons():
    assert connections([DENY, WEB, DB], ROWS, BALANCER) == (
        Connection("load-balancer", "web", "tcp", "80", "lb"),
        Connection("web", "db", "tcp", "5432", "data"),
    )


@pytest.mark.parametrize("missing", [WEB, DB])
def test_what_one_side_alone_allows_is_closed(missing):
    found = connections([each for each in (WEB, DB) if each is not missing], ROWS, BALANCER)
    (half,) = [each for each in found if each.note == ONE_SIDED]
    assert (half.source, half.target) == ("web", "db")


def test_other_addresses_are_not_taken_for_the_load_balancer():
    everybody = [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/16"]}}]
    opened = policy("web", "web", ingress=[{"from": everybody, "ports": tcp(80)}])
    found = connections([opened], ROWS, BALANCER)
    assert found == (
        Connection("0.0.0.0/0 except 10.0.0.0/16", "web", "tcp", "80", "", NOT_IN_LEDGER),
        Connection("load-balancer", "web", "tcp", "80", "lb", NOT_IN_PLAN),
        Connection("web", "db", "tcp", "5432", "data", NOT_IN_PLAN),
    )


def test_a_policy_that_opens_everything_says_so():
    system = policy("all", "", "kube-system", ingress=[{}], egress=[{}])
    assert connections([system], [], ()) == (
        Connection("anywhere", "every pod of kube-system", "all", "all", "", NOT_IN_LEDGER),
        Connection("every pod of kube-system", "anywhere", "all", "all", "", NOT_IN_LEDGER),
    )


@pytest.mark.parametrize(
    ("policies", "closed"),
    [
        ([], True),
        ([WEB], False),
        ([WEB, DENY], True),
        ([WEB, policy("default-deny", "", "other")], False),
        ([WEB, policy("open", "", ingress=[{}])], False),
    ],
)
def test_the_rest_is_closed_only_where_a_policy_closes_it(policies, closed):
    assert closed_by_default(policies) is closed


def test_what_is_not_known_yet_or_selected_otherwise_is_said_and_not_left_out():
    some = {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    policies = [
        policy("a", "web", ingress=UNKNOWN),
        policy("b", "db", egress=[{"to": UNKNOWN, "ports": UNKNOWN}]),
        policy("c", "db", ingress=[{"from": [{"podSelector": some}], "ports": tcp(1)}]),
    ]
    assert [(each.source, each.target, each.ports) for each in connections(policies, [])] == [
        (UNKNOWN, "web", "all"),
        ("db", UNKNOWN, UNKNOWN),
        (f"pods selected by {some}", "db", "1"),
    ]
