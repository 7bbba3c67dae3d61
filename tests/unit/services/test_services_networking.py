from dataclasses import replace
from ipaddress import IPv4Network
from types import MappingProxyType

import pytest
from service_examples import SHOP, options_for

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports
from seawall.firewall.ledger import Ledger
from seawall.services import application_flows
from seawall.services.flows import reason_text
from seawall.services.kubernetes.names import is_label_value, is_qualified_name, object_name
from seawall.services.kubernetes.networking import (
    alias_services,
    entry_annotations,
    health_path,
    ingress,
    service_object,
)
from seawall.services.kubernetes.options import Entry
from seawall.services.kubernetes.policies import allow_dns, default_deny, service_policy
from seawall.services.model import Healthcheck, Membership, Network, Port, Route

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ALB = "alb.ingress.kubernetes.io/"
TCP, UDP = IpProtocol.TCP, IpProtocol.UDP
WEB, API = SHOP.service("web"), SHOP.service("api")


def rows(flows):
    return [
        (str(flow.source), str(flow.target), flow.protocol.value, str(flow.ports), flow.reason)
        for flow in flows
    ]


def test_the_shop_has_exactly_these_flows():
    out = "HTTPS to the internet"
    assert sorted(rows(application_flows(SHOP))) == sorted(
        [
            ("0.0.0.0/0", "load-balancer", "tcp", "443", "public entry, HTTPS"),
            (
                "0.0.0.0/0",
                "load-balancer",
                "tcp",
                "80",
                "public entry, HTTP redirected to HTTPS",
            ),
            ("load-balancer", "api", "tcp", "3000", "requests and health checks for /api"),
            ("load-balancer", "web", "tcp", "80", "requests and health checks for /"),
            ("api", "0.0.0.0/0", "tcp", "443", out),
            ("web", "0.0.0.0/0", "tcp", "443", out),
            ("api", "db", "tcp", "5432", "api and db share network back"),
            ("api", "web", "tcp", "80", "api and web share network front"),
            ("db", "api", "tcp", "3000", "db and api share network back"),
            ("migrate", "api", "tcp", "3000", "migrate and api share network back"),
            ("migrate", "db", "tcp", "5432", "migrate and db share network back"),
            ("web", "api", "tcp", "3000", "web and api share network front"),
            ("worker", "api", "tcp", "3000", "worker and api share network back"),
            ("worker", "db", "tcp", "5432", "worker and db share network back"),
        ]
    )


def test_the_ledger_takes_the_shops_flows():
    rules = Ledger(application_flows(SHOP)).rules()
    assert {rule.group for rule in rules} == {"load-balancer", "nodes"}


def test_plain_http_opens_port_80_alone_and_only_to_those_allowed():
    found = application_flows(SHOP, allowed_cidrs=(IPv4Network("192.0.2.0/24"),), https=False)
    assert [row for row in rows(found) if row[1] == "load-balancer"] == [
        (
            "192.0.2.0/24",
            "load-balancer",
            "tcp",
            "80",
            "public entry, plain HTTP as the settings allow",
        )
    ]


def test_without_routes_there_is_no_entry():
    closed = replace(SHOP, services=(SHOP.service("db"),))
    assert application_flows(closed) == ()
    assert ingress(closed, options_for(closed)) is None


def test_further_ways_out_are_for_services_that_are_not_on_internal_networks_only():
    mail = (IPv4Network("198.51.100.0/24"), 587, "mail relay")
    found = [row for row in rows(application_flows(SHOP, egress=(mail,))) if row[3] == "587"]
    assert found == [
        (name, "198.51.100.0/24", "tcp", "587", "mail relay") for name in ("api", "web")
    ]


def test_udp_ports_are_flows_of_their_own():
    dns = replace(SHOP.service("db"), ports=(Port(53), Port(53, "udp")))
    application = replace(SHOP, services=(dns, SHOP.service("worker")))
    assert application_flows(application) == (
        Flow(
            Peer.workload("worker"),
            Peer.workload("db"),
            TCP,
            Ports.one(53),
            "worker and db share network back",
        ),
        Flow(
            Peer.workload("worker"),
            Peer.workload("db"),
            UDP,
            Ports.one(53),
            "worker and db share network back",
        ),
    )


def test_reasons_fit_a_rules_description():
    assert reason_text("käse's <web> ok") == "k_se_s _web_ ok"
    assert len(reason_text("x" * 300)) == 255


def test_the_service_port_is_the_containers():
    found = service_object(SHOP, WEB, options_for(SHOP))
    assert found["spec"] == {
        "type": "ClusterIP",
        "selector": {"app.kubernetes.io/name": "web"},
        "ports": [{"name": "tcp-80", "port": 80, "targetPort": 80, "protocol": "TCP"}],
    }
    assert found["metadata"]["annotations"] == {
        f"{ALB}healthcheck-path": "/",
        f"{ALB}success-codes": "200-399",
        f"{ALB}target-group-attributes": "deregistration_delay.timeout_seconds=10",
        "pulumi.com/skipAwait": "true",
    }


@pytest.mark.parametrize("service", [SHOP.service("worker"), replace(WEB, headless=True)])
def test_without_ports_or_on_request_a_service_is_headless(service):
    assert service_object(SHOP, service, options_for(SHOP))["spec"]["clusterIP"] == "None"


def test_an_alias_is_a_further_service():
    (found,) = alias_services(SHOP, API, options_for(SHOP))
    assert found["metadata"]["name"] == "backend"
    assert found["spec"]["selector"] == {"app.kubernetes.io/name": "api"}


def test_an_alias_that_is_the_services_own_name_is_nothing_new():
    service = replace(API, networks=(Membership("back", ("api",)),))
    assert alias_services(SHOP, service, options_for(SHOP)) == ()


def test_the_entry_takes_the_longest_path_first():
    found = ingress(SHOP, options_for(SHOP))
    assert found is not None
    assert found["spec"] == {
        "ingressClassName": "alb",
        "rules": [
            {
                "http": {
                    "paths": [
                        {
                            "path": "/api",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "api", "port": {"number": 3000}}},
                        },
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        },
                    ]
                }
            }
        ],
    }


def test_a_route_with_a_host_of_its_own_has_its_own_rule():
    web = replace(WEB, routes=(Route("/", 80), Route("/", 80, host="admin.example.com")))
    application = replace(SHOP, services=(web,))
    options = options_for(application, entry=Entry("shop.example.com", CERTIFICATE))
    found = ingress(application, options)
    assert found is not None
    assert [rule["host"] for rule in found["spec"]["rules"]] == [
        "admin.example.com",
        "shop.example.com",
    ]


def test_the_load_balancer_of_an_encrypted_entry():
    entry = Entry(
        certificate_arn=CERTIFICATE,
        security_group_id="sg-1",
        subnet_ids="subnet-1,subnet-2",
        tags=MappingProxyType({"b": "2", "a": "1"}),
    )
    assert entry_annotations(entry) == {
        f"{ALB}scheme": "internet-facing",
        f"{ALB}target-type": "ip",
        f"{ALB}listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
        f"{ALB}load-balancer-attributes": "routing.http.drop_invalid_header_fields.enabled=true",
        f"{ALB}certificate-arn": CERTIFICATE,
        f"{ALB}ssl-policy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        f"{ALB}ssl-redirect": "443",
        f"{ALB}security-groups": "sg-1",
        f"{ALB}manage-backend-security-group-rules": "false",
        f"{ALB}subnets": "subnet-1,subnet-2",
        f"{ALB}tags": "a=1,b=2",
    }


def test_the_load_balancer_of_a_plain_internal_entry_without_a_group_of_ours():
    cidrs = (IPv4Network("192.0.2.0/24"), IPv4Network("10.0.0.0/8"))
    assert entry_annotations(Entry(internal=True, allowed_cidrs=cidrs)) == {
        f"{ALB}scheme": "internal",
        f"{ALB}target-type": "ip",
        f"{ALB}listen-ports": '[{"HTTP": 80}]',
        f"{ALB}load-balancer-attributes": "routing.http.drop_invalid_header_fields.enabled=true",
        f"{ALB}inbound-cidrs": "10.0.0.0/8,192.0.2.0/24",
    }


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, "/healthz"),
        ({"routes": (Route("/api", 3000, health_path="/ping"),)}, "/ping"),
        ({"healthcheck": Healthcheck(("true",))}, "/api"),
        ({"healthcheck": None, "routes": (Route("/api", 3000), Route("/v1", 3000))}, "/v1"),
    ],
)
def test_what_the_load_balancer_asks_for(changes, path):
    assert health_path(replace(API, **changes)) == path


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


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("team", True),
        ("com.example/team", True),
        ("traefik.http.routers.web.rule", True),
        ("a.b/c/d", False),
        ("a..b/c", False),
        ("-a", False),
        ("a/", False),
        ("x" * 64, False),
    ],
)
def test_keys_of_annotations(key, valid):
    assert is_qualified_name(key) is valid


@pytest.mark.parametrize(("value", "valid"), [("", True), ("a_b.c", True), ("a b", False)])
def test_values_of_labels(value, valid):
    assert is_label_value(value) is valid


@pytest.mark.parametrize(
    ("name", "expected"),
    [("db_data", "db-data"), ("DB.Data_", "db-data"), ("a" * 50, "a" * 40), ("__", "9911f4d2")],
)
def test_object_names(name, expected):
    assert object_name(name) == expected
