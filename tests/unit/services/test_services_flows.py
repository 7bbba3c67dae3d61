from dataclasses import replace
from ipaddress import IPv4Network

from service_examples import SHOP, options_for

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports
from seawall.firewall.ledger import Ledger
from seawall.services import application_flows
from seawall.services.flows import reason_text
from seawall.services.kubernetes.networking import (
    ingress,
)
from seawall.services.model import Port

TCP, UDP = IpProtocol.TCP, IpProtocol.UDP


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
