"""Ports of nodes: stable, within their range, and never two services at one."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from swarm_examples import example, swarm_applications

from seawall.services.model import Application, Port, Route, Service
from seawall.services.swarm.ports import (
    FIRST_PORT,
    LAST_PORT,
    NodePort,
    check_ports,
    node_ports,
    preferred_port,
)

_pairs = st.tuples(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), st.integers(1, 65535))


def service(name, target, **changes):
    return Service(name, "a:1", ports=(Port(target, published=80),), **changes)


def stack(*services):
    return Application("shop", services)


@given(_pairs)
def test_a_port_is_within_its_range(pair):
    assert FIRST_PORT <= preferred_port(*pair) <= LAST_PORT


@given(st.lists(_pairs, unique_by=lambda pair: pair[0], max_size=30), _pairs)
def test_another_service_moves_none_and_meets_none(pairs, newcomer):
    services = [service(name, target) for name, target in pairs if name != newcomer[0]]
    before = node_ports(stack(*services))
    both = stack(*services, service(*newcomer))
    after = node_ports(both)
    assert set(before) < set(after)
    numbers = [port.number for port in after]
    assert bool(list(check_ports(both))) == (len(set(numbers)) < len(numbers))


@given(swarm_applications())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_routed_and_published_port_has_one(application):
    found = {(port.service, port.target) for port in node_ports(application)}
    assert found == {
        *((s.name, p.target) for s in application.services for p in s.ports if p.published),
        *((s.name, route.port) for s in application.services for route in s.routes),
    }


def meeting():
    """Two services whose ports have the same number."""
    first = preferred_port("a", 1)
    return next(port for port in range(2, 65536) if preferred_port("b", port) == first)


def test_two_at_one_port_are_refused_until_one_is_moved():
    target = meeting()
    one, two = service("a", 1), service("b", target)
    (problem,) = check_ports(stack(one, two))
    assert problem.path == "services.b"
    assert f"nodePorts: {{'{target}': N}}" in problem.cure
    moved = replace(two, node_ports=MappingProxyType({(target, "tcp"): 20001}))
    assert list(check_ports(stack(one, moved))) == []
    assert NodePort("a", 1, "tcp", preferred_port("a", 1), 80) in node_ports(stack(one, moved))


def test_tcp_and_udp_of_one_port_are_one_number():
    both = Service("dns", "a:1", ports=(Port(53, "tcp", 53), Port(53, "udp", 53)))
    assert len({port.number for port in node_ports(stack(both))}) == 1
    assert list(check_ports(stack(both))) == []


@pytest.mark.parametrize("number", [22, 2375, 2376, 2377, 3375, 3376, 4789, 7946])
def test_ports_of_the_nodes_own_are_refused(number):
    taken = Service("a", "a:1", ports=(Port(80, published=number, host_mode=True),))
    (problem,) = check_ports(stack(taken))
    assert f"port {number} of the nodes is for" in problem.message


def test_a_pinned_port_must_be_the_services():
    wrong = service("a", 1, node_ports=MappingProxyType({(9, "tcp"): 20001}))
    (problem,) = check_ports(stack(wrong))
    assert problem.path == "services.a.x-seawall.nodePorts"


def test_sctp_cannot_be_published():
    (problem,) = check_ports(stack(Service("a", "a:1", ports=(Port(80, "sctp", 80),))))
    assert "sctp" in problem.message


def test_a_port_for_one_address_is_not_published():
    local = Service("a", "a:1", ports=(Port(80, published=80, host_ip="127.0.0.1"),))
    assert node_ports(stack(local)) == ()
    assert node_ports(stack(local), laptop=True) == ()


def test_the_ports_of_the_shop():
    assert node_ports(example("shop")) == (
        NodePort("api", 3000, "tcp", 20106),
        NodePort("web", 8080, "tcp", 25016, 8080),
    )
    assert node_ports(example("shop"), laptop=True) == (NodePort("web", 8080, "tcp", 8080, 8080),)


def test_a_route_to_a_port_that_is_published_too_has_one_port():
    both = service("a", 8080, routes=(Route("/", 8080), Route("/x", 8080)))
    assert len(node_ports(stack(both))) == 1
