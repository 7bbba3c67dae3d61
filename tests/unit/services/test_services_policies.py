from dataclasses import replace

from service_examples import SHOP, options_for

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports
from seawall.services import application_flows
from seawall.services.kubernetes.policies import allow_dns, default_deny, service_policy
from seawall.services.model import Network

TCP = IpProtocol.TCP


def policy(name, flows=None, **changes):
    found = service_policy(
        SHOP,
        SHOP.service(name),
        application_flows(SHOP) if flows is None else flows,
        options_for(SHOP, **changes),
    )
    assert found is not None
    return found["spec"]


def pods(name):
    return [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}]


def tcp(port):
    return [{"protocol": "TCP", "port": port}]


def test_nothing_is_allowed_at_first():
    spec = default_deny(SHOP, options_for(SHOP))["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_dns_is_allowed_to_the_clusters_servers_only():
    spec = allow_dns(SHOP, options_for(SHOP))["spec"]
    assert spec["policyTypes"] == ["Egress"]
    (rule,) = spec["egress"]
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]
    assert rule["ports"] == [{"protocol": "TCP", "port": 53}, {"protocol": "UDP", "port": 53}]


def test_the_database_is_reached_by_its_network_and_goes_nowhere_else():
    assert policy("db") == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": pods("api"), "ports": tcp(5432)},
            {"from": pods("migrate"), "ports": tcp(5432)},
            {"from": pods("worker"), "ports": tcp(5432)},
        ],
        "egress": [{"to": pods("api"), "ports": tcp(3000)}],
    }


def test_the_front_is_reached_from_the_load_balancers_subnets_and_goes_out():
    assert policy("web") == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"ipBlock": {"cidr": "10.20.192.0/24"}},
                    {"ipBlock": {"cidr": "10.20.193.0/24"}},
                ],
                "ports": tcp(80),
            },
            {"from": pods("api"), "ports": tcp(80)},
        ],
        "egress": [
            {
                "to": [
                    {
                        "ipBlock": {
                            "cidr": "0.0.0.0/0",
                            "except": ["10.20.0.0/16", "169.254.169.254/32"],
                        }
                    }
                ],
                "ports": tcp(443),
            },
            {"to": pods("api"), "ports": tcp(3000)},
        ],
    }


def test_without_subnets_of_the_load_balancer_nobody_is_let_in_from_outside():
    assert policy("web", load_balancer_cidrs=())["ingress"] == [
        {"from": pods("api"), "ports": tcp(80)}
    ]


def test_a_range_of_ports_and_a_way_into_the_vpc_itself():
    me = Peer.workload("web")
    flows = (
        Flow(me, Peer.cidr("10.20.0.0/16"), TCP, Ports(8000, 8010), "x"),
        Flow(me, Peer.cidr("169.254.169.0/24"), TCP, Ports.one(80), "x"),
    )
    assert policy("web", flows)["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
            "ports": [{"protocol": "TCP", "port": 8000, "endPort": 8010}],
        },
        {
            "to": [{"ipBlock": {"cidr": "169.254.169.0/24", "except": ["169.254.169.254/32"]}}],
            "ports": tcp(80),
        },
    ]


def test_a_service_without_flows_needs_no_policy_beyond_the_default():
    alone = replace(SHOP.service("worker"), networks=())
    application = replace(SHOP, services=(alone,), networks=(Network("back"),))
    flows = application_flows(application)
    assert service_policy(application, alone, flows, options_for(application)) is None
