"""The ledger: every guard bites, and the rules say what the flows say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.firewall import (
    ANY_PORT,
    Direction,
    Flow,
    IpProtocol,
    Ledger,
    LedgerError,
    OpenPort,
    Peer,
    PeerKind,
    Ports,
    Rule,
)
from seawall.firewall.reasons import joined

NODES = Peer.group("nodes")
CONTROL_PLANE = Peer.group("control-plane")
ENTRY = Peer.group("load-balancer")
TCP, UDP = IpProtocol.TCP, IpProtocol.UDP

inside = st.one_of(
    st.sampled_from(["nodes", "control-plane", "load-balancer"]).map(Peer.group),
    st.sampled_from(["web", "api", "db"]).map(Peer.workload),
    st.just(Peer.cluster_dns()),
)
outside = st.one_of(
    st.sampled_from(["10.0.0.0/8", "192.168.7.0/24", "203.0.113.9/32"]).map(Peer.cidr),
    st.sampled_from(["s3", "dynamodb"]).map(Peer.prefix_list),
)
ports = st.tuples(st.integers(3377, 65535), st.integers(0, 9)).map(
    lambda pair: Ports(pair[0], min(65535, pair[0] + pair[1]))
)
reasons = st.text(st.sampled_from("abc XYZ019._-:/()#,@[]+=&;{}!$*"), min_size=1, max_size=255)
flows = st.builds(
    lambda ends, protocol, span, reason: Flow(*ends, protocol, span, f"r{reason}"[:255]),
    st.one_of(st.tuples(inside, inside), st.tuples(inside, outside), st.tuples(outside, inside)),
    st.sampled_from([TCP, UDP]),
    ports,
    reasons,
)


def _flow(
    source: Peer, target: Peer, port: int, reason: str = "needed", p: IpProtocol = TCP
) -> Flow:
    return Flow(source, target, p, Ports.one(port), reason)


def test_a_flow_between_groups_is_a_rule_at_each_end() -> None:
    ledger = Ledger([_flow(NODES, CONTROL_PLANE, 443, "Kubernetes API")])
    assert ledger.rules() == (
        Rule("control-plane", Direction.INGRESS, NODES, TCP, Ports.one(443), "Kubernetes API"),
        Rule("nodes", Direction.EGRESS, CONTROL_PLANE, TCP, Ports.one(443), "Kubernetes API"),
    )
    assert [rule.key for rule in ledger.rules()] == [
        "control-plane-ingress-nodes-tcp-443",
        "nodes-egress-control-plane-tcp-443",
    ]


def test_a_flow_out_of_the_platform_is_one_egress_rule() -> None:
    (rule,) = Ledger([_flow(NODES, Peer.internet(), 443)]).rules()
    assert (rule.group, rule.direction, rule.key) == (
        "nodes",
        Direction.EGRESS,
        "nodes-egress-0.0.0.0_0-tcp-443",
    )


def test_a_flow_into_the_platform_is_one_ingress_rule() -> None:
    (rule,) = Ledger([_flow(Peer.internet(), ENTRY, 443)]).rules()
    assert (rule.group, rule.direction) == ("load-balancer", Direction.INGRESS)


def test_workloads_and_dns_are_reached_on_their_machines() -> None:
    ledger = Ledger(
        [
            _flow(ENTRY, Peer.workload("web"), 8080),
            _flow(Peer.workload("web"), Peer.cluster_dns(), 53, p=UDP),
        ]
    )
    assert [rule.key for rule in ledger.rules("workers")] == [
        "load-balancer-egress-workers-tcp-8080",
        "workers-egress-workers-udp-53",
        "workers-ingress-load-balancer-tcp-8080",
        "workers-ingress-workers-udp-53",
    ]
    assert ledger.groups("workers") == ("load-balancer", "workers")


def test_prefix_lists_have_keys_of_their_own() -> None:
    ledger = Ledger([_flow(NODES, Peer.prefix_list("s3"), 443)])
    assert [rule.key for rule in ledger.rules()] == ["nodes-egress-prefix-list-s3-tcp-443"]
    assert ledger.prefix_lists() == ("s3",)


def test_protocols_without_ports_have_keys() -> None:
    esp = Flow(NODES, NODES, IpProtocol.ESP, ANY_PORT, "encrypted overlay")
    icmp = Flow(NODES, NODES, IpProtocol.ICMP, ANY_PORT, "path MTU discovery")
    everything = Flow(NODES, Peer.internet(), IpProtocol.ALL, ANY_PORT, "anything out")
    assert {rule.key for rule in Ledger([esp, icmp, everything]).rules()} == {
        "nodes-egress-nodes-50-all",
        "nodes-ingress-nodes-50-all",
        "nodes-egress-nodes-icmp-all",
        "nodes-ingress-nodes-icmp-all",
        "nodes-egress-0.0.0.0_0-all-all",
    }


def test_the_same_opening_twice_is_one_rule_with_both_reasons() -> None:
    ledger = Ledger(
        [
            _flow(Peer.workload("web"), Peer.workload("db"), 5432, "web reads orders"),
            _flow(Peer.workload("api"), Peer.workload("db"), 5432, "api writes orders"),
            _flow(Peer.workload("api"), Peer.workload("db"), 5432, "api writes orders"),
        ]
    )
    assert {rule.description for rule in ledger.rules()} == {"api writes orders; web reads orders"}
    assert len(ledger.rules()) == 2
    assert ledger.open_ports() == (
        OpenPort(
            Peer.workload("api"),
            Peer.workload("db"),
            TCP,
            Ports.one(5432),
            ("api writes orders",),
        ),
        OpenPort(
            Peer.workload("web"),
            Peer.workload("db"),
            TCP,
            Ports.one(5432),
            ("web reads orders",),
        ),
    )


def test_reasons_that_do_not_fit_are_counted() -> None:
    reasons = [f"reason number {number:03}" for number in range(30)]
    text = joined(reasons, 255)
    assert text.startswith("reason number 000; reason number 001; ")
    assert text.endswith("; and 18 more")
    assert len(text) <= 255


def test_a_long_reason_makes_room_for_the_count() -> None:
    text = joined(["x" * 255, "y"], 255)
    assert text == "x" * 240 + "...; and 1 more"


@given(st.lists(reasons, min_size=1, max_size=40))
def test_joined_reasons_are_a_description_again(parts: list[str]) -> None:
    text = joined(parts, 255)
    assert len(text) <= 255
    assert text.startswith(parts[0][:200])
    # What comes out must go in again: the ledger would refuse a character that EC2 refuses.
    Ledger([_flow(NODES, NODES, 80, f"r{text}"[:255])])


@given(st.lists(flows, max_size=12), st.randoms())
def test_the_order_of_flows_does_not_matter(given_flows: list[Flow], random: object) -> None:
    shuffled = list(given_flows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own Random
    one, other = Ledger(given_flows), Ledger(shuffled * 2)
    assert one.rules() == other.rules()
    assert one.open_ports() == other.open_ports()


@given(st.lists(flows, max_size=12))
def test_keys_are_unique_and_every_rule_has_a_reason(given_flows: list[Flow]) -> None:
    rules = Ledger(given_flows).rules()
    assert len({rule.key for rule in rules}) == len(rules)
    assert all(0 < len(rule.description) <= 255 for rule in rules)


@given(st.lists(flows, max_size=12))
def test_what_one_group_sends_the_other_takes(given_flows: list[Flow]) -> None:
    rules = Ledger(given_flows).rules()
    between = [rule for rule in rules if rule.peer.kind is PeerKind.GROUP]
    sent, taken = (
        {
            (rule.group, rule.peer.name, rule.protocol, rule.ports)
            for rule in between
            if (rule.direction is Direction.EGRESS) is outwards
        }
        for outwards in (True, False)
    )
    assert sent == {(peer, group, *what) for group, peer, *what in taken}


@given(st.lists(flows, max_size=12))
def test_adding_a_flow_changes_no_other_rule(given_flows: list[Flow]) -> None:
    new = Flow(NODES, CONTROL_PLANE, TCP, Ports.one(1), "new")
    before = {rule.key: rule for rule in Ledger(given_flows).rules()}
    after = {rule.key: rule for rule in Ledger([*given_flows, new]).rules()}
    added = {"nodes-egress-control-plane-tcp-1", "control-plane-ingress-nodes-tcp-1"}
    assert {key: rule for key, rule in after.items() if key not in added} == before


def _refused(flow: Flow) -> str:
    with pytest.raises(LedgerError) as caught:
        Ledger([flow])
    return str(caught.value)


@pytest.mark.parametrize("port", [22, 2375, 2376, 3375, 3376])
@pytest.mark.parametrize(
    "source", [Peer.internet(), NODES, Peer.workload("web"), Peer.cidr("10.0.0.5/32")]
)
@pytest.mark.parametrize("target", [ENTRY, NODES, Peer.workload("db")])
def test_ports_that_give_away_a_machine_are_never_opened(
    port: int, source: Peer, target: Peer
) -> None:
    assert f"port {port} is never opened" in _refused(_flow(source, target, port))


def test_a_range_does_not_hide_a_forbidden_port() -> None:
    text = _refused(Flow(NODES, NODES, TCP, Ports(1, 65535), "everything"))
    assert [line.split("port ")[1].split()[0] for line in text.splitlines()] == [
        "22",
        "2375",
        "2376",
        "3375",
        "3376",
    ]


def test_the_neighbours_of_forbidden_ports_are_free() -> None:
    for port in (21, 23, 2374, 2377, 3374, 3377):
        Ledger([_flow(NODES, NODES, port)])
    Ledger([_flow(NODES, NODES, 22, p=UDP)])


def test_ssh_out_of_the_platform_is_nobodys_machine_here() -> None:
    Ledger([_flow(NODES, Peer.cidr("203.0.113.7/32"), 22, "deploy keys of the Git server")])


def test_all_protocols_into_the_platform_are_refused() -> None:
    text = _refused(Flow(NODES, NODES, IpProtocol.ALL, ANY_PORT, "everything"))
    assert "opens every port of every protocol" in text


@pytest.mark.parametrize("source", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "16.0.0.0/7"])
@pytest.mark.parametrize("target", [NODES, CONTROL_PLANE, Peer.workload("web")])
def test_the_internet_reaches_the_load_balancer_only(source: str, target: Peer) -> None:
    text = _refused(_flow(Peer.cidr(source), target, 8443))
    assert "the internet reaches the platform through the group 'load-balancer' only" in text


def test_known_ranges_may_reach_other_groups() -> None:
    Ledger([_flow(Peer.cidr("10.0.0.0/8"), NODES, 8443)])


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("", "has no reason"),
        ("   ", "has no reason"),
        ("line\nbreak", r"AWS does not take '\n'"),
        ("café's <bar>", 'AWS does not take "\'<>é"'),
        ("x" * 256, "has 256 characters"),
    ],
)
def test_reasons_that_ec2_does_not_take(reason: str, problem: str) -> None:
    assert problem in _refused(_flow(NODES, NODES, 80, reason))


@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_tcp_and_udp_need_ports(protocol: IpProtocol) -> None:
    text = _refused(Flow(NODES, NODES, protocol, ANY_PORT, "r"))
    assert f"{protocol.name} needs ports" in text


@pytest.mark.parametrize("protocol", [IpProtocol.ICMP, IpProtocol.ESP])
def test_other_protocols_have_none(protocol: IpProtocol) -> None:
    assert f"{protocol.name} has no ports" in _refused(_flow(NODES, NODES, 80, p=protocol))


def test_a_flow_past_the_platform_is_refused() -> None:
    text = _refused(_flow(Peer.cidr("10.1.0.0/16"), Peer.internet(), 443))
    assert "both ends are outside the platform" in text


def test_an_unknown_prefix_list_is_refused() -> None:
    text = _refused(_flow(NODES, Peer.prefix_list("s4"), 443))
    assert "prefix list 's4' is not known here. Known are: cloudfront, dynamodb, s3" in text


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger(
            [_flow(NODES, NODES, 22, "ssh"), _flow(NODES, NODES, 80, ""), _flow(NODES, NODES, 81)]
        )
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "flow from nodes to nodes, TCP 22",
        "flow from nodes to nodes, TCP 80",
    ]


def test_sixty_rules_fit_and_sixty_one_do_not() -> None:
    many = [_flow(ENTRY, NODES, 8000 + number) for number in range(60)]
    assert len(Ledger(many).rules()) == 120
    with pytest.raises(LedgerError) as caught:
        Ledger([*many, _flow(ENTRY, NODES, 9000)]).rules()
    assert [line.partition(", but")[0] for line in str(caught.value).splitlines()] == [
        "security group 'load-balancer' needs 61 egress rules",
        "security group 'nodes' needs 61 ingress rules",
    ]


def test_a_prefix_list_counts_for_as_many_rules_as_it_weighs() -> None:
    entry = _flow(Peer.prefix_list("cloudfront"), ENTRY, 443)
    Ledger([entry, *(_flow(NODES, ENTRY, 8000 + number) for number in range(5))]).rules()
    with pytest.raises(LedgerError, match="'load-balancer' needs 61 ingress rules"):
        Ledger([entry, *(_flow(NODES, ENTRY, 8000 + number) for number in range(6))]).rules()


def test_no_flows_no_rules() -> None:
    ledger = Ledger([])
    assert (ledger.rules(), ledger.groups(), ledger.open_ports()) == ((), (), ())
