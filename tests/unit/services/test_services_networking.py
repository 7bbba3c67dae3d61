from dataclasses import replace
from ipaddress import IPv4Network
from types import MappingProxyType

import pytest
from service_examples import SHOP, options_for

from seawall.services.health_path import health_path
from seawall.services.kubernetes.networking import (
    alias_services,
    entry_annotations,
    ingress,
    service_object,
)
from seawall.services.kubernetes.options import Entry
from seawall.services.model import Healthcheck, Membership, Route

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ALB = "alb.ingress.kubernetes.io/"
WEB, API = SHOP.service("web"), SHOP.service("api")


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
