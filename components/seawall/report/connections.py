"""Who may talk to whom in the cluster: a plan's NetworkPolicies, held against the ledger. Pure.

A connection between two services is open only if the policy of either side allows it
(https://kubernetes.io/docs/concepts/services-networking/network-policies/).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, final

from seawall.firewall.flows import Peer, PeerKind
from seawall.firewall.ledger import LOAD_BALANCER
from seawall.firewall.ledger import OpenPort as LedgerRow
from seawall.report.ports import NOT_IN_LEDGER, NOT_IN_PLAN
from seawall.report.resource import Resource

ONE_SIDED: Final = "closed: only one side allows it"
EVERY_POD: Final = "every pod"
ANYWHERE: Final = "anywhere"
CLUSTER_DNS: Final = "cluster DNS"

_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_SERVICE_LABEL: Final = "app.kubernetes.io/name"
_BALANCER: Final = Peer.group(LOAD_BALANCER)


@final
@dataclass(frozen=True, slots=True)
class Connection:
    """Traffic that the cluster's network policies let through."""

    source: str
    """A service, ``every pod``, ``load-balancer``, or a range of addresses."""
    target: str
    protocol: str
    ports: str
    reason: str
    note: str = ""
    """How it differs from the ledger, or why it is closed; empty if all is well."""

    @property
    def order(self) -> tuple[object, ...]:
        """By source, target and number of the port."""
        first = self.ports.partition("-")[0]
        number = int(first) if first.isdigit() else -1
        return self.source, self.target, number, self.protocol


@final
@dataclass(frozen=True, slots=True)
class _End:
    """One end of an allowed connection."""

    name: str
    is_service: bool = False
    is_balancer: bool = False
    without: str = ""
    """Ranges that lie in this one and are left out."""

    def __str__(self) -> str:
        return f"{self.name} except {self.without}" if self.without else self.name

    def meets(self, peer: Peer) -> bool:
        """Whether the ledger means this end."""
        if peer.kind is PeerKind.WORKLOAD:
            return self.is_service and self.name == peer.name
        if peer.kind is PeerKind.CIDR:
            return self.name == peer.name
        return self.is_balancer and peer == _BALANCER


_Key = tuple[_End, _End, str, str]


def connections(
    resources: Sequence[Resource],
    ledger: Sequence[LedgerRow] | None,
    balancer: Collection[str] = (),
) -> tuple[Connection, ...]:
    """The connections of a plan, sorted.

    ``ledger``: its rows, None if there is no ledger. ``balancer``: the ranges of addresses in which
    the load balancer stands, which to network policies is all that it is.
    """
    out: dict[_Key, None] = {}
    into: dict[_Key, None] = {}
    for policy in resources:
        if policy.type == _POLICY:
            out |= dict.fromkeys(_allowed(policy, "egress", balancer))
            into |= dict.fromkeys(_allowed(policy, "ingress", balancer))
    found: dict[Connection, None] = {}
    missing = [row for row in ledger or () if _for_pods(row)]
    for key in {**out, **into}:
        source, target, protocol, ports = key
        rows = [row for row in ledger or () if _same(row, key)]
        missing = [row for row in missing if row not in rows]
        note = NOT_IN_LEDGER if ledger is not None and not rows else ""
        if source.is_service and target.is_service and (key not in out or key not in into):
            note = ONE_SIDED
        reasons = sorted({reason for row in rows for reason in row.reasons})
        found[Connection(str(source), str(target), protocol, ports, "; ".join(reasons), note)] = (
            None
        )
    for row in missing:
        found[
            Connection(
                str(row.source),
                str(row.target),
                row.protocol.value,
                str(row.ports),
                "; ".join(row.reasons),
                NOT_IN_PLAN,
            )
        ] = None
    return tuple(sorted(found, key=lambda each: each.order))


def closed_by_default(resources: Sequence[Resource]) -> bool:
    """Whether every namespace that has policies for services denies all that they do not allow."""
    of_services: set[str] = set()
    closed: set[str] = set()
    for policy in resources:
        if policy.type != _POLICY:
            continue
        spec = _section(policy.inputs, "spec")
        namespace = str(_section(policy.inputs, "metadata").get("namespace", ""))
        types: Sequence[str] = spec.get("policyTypes") or ()
        if spec.get("podSelector"):
            of_services.add(namespace)
        elif {"Ingress", "Egress"} <= set(types) and not (
            spec.get("ingress") or spec.get("egress")
        ):
            closed.add(namespace)
    return of_services <= closed


def _section(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping within another; empty if it is missing or not known yet."""
    value: object = values.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _for_pods(row: LedgerRow) -> bool:
    """Whether a network policy, not only a security group, has to let the connection through."""
    kinds = {row.source.kind, row.target.kind}
    others = kinds - {PeerKind.WORKLOAD, PeerKind.CIDR}
    return PeerKind.WORKLOAD in kinds and (not others or row.source == _BALANCER)


def _same(row: LedgerRow, key: _Key) -> bool:
    source, target, protocol, ports = key
    if (row.protocol.value, str(row.ports)) != (protocol, ports):
        return False
    if target.name == CLUSTER_DNS:
        # The ledger has it between the machines that run the pods and the DNS servers.
        return "DNS" in " ".join(row.reasons) and row.source == row.target
    return source.meets(row.source) and target.meets(row.target)


def _allowed(policy: Resource, direction: str, balancer: Collection[str]) -> Iterator[_Key]:
    spec = _section(policy.inputs, "spec")
    namespace = str(_section(policy.inputs, "metadata").get("namespace", ""))
    pods = _pods(_section(spec, "podSelector"), namespace)
    rules: Any = spec.get(direction) or ()
    if isinstance(rules, str):
        # Not known before it is done: said rather than left out.
        peer = _End(rules)
        yield (*((pods, peer) if direction == "egress" else (peer, pods)), "all", "all")
        return
    for rule in rules:
        peers = list(_peers(rule.get("to" if direction == "egress" else "from"), balancer))
        for peer in peers:
            for protocol, ports in _ports(rule.get("ports")):
                ends = (pods, peer) if direction == "egress" else (peer, pods)
                yield (*ends, protocol, ports)


def _pods(selector: Mapping[str, Any], namespace: str) -> _End:
    labels: Mapping[str, str] = _section(selector, "matchLabels")
    if set(selector) - {"matchLabels"}:
        return _End(f"pods selected by {dict(selector)}")
    if not labels:
        system = f" of {namespace}" if namespace.startswith("kube-") else ""
        return _End(EVERY_POD + system)
    if list(labels) == [_SERVICE_LABEL]:
        return _End(labels[_SERVICE_LABEL], is_service=True)
    return _End(", ".join(f"{key}={value}" for key, value in sorted(labels.items())))


def _peers(
    peers: Sequence[Mapping[str, Any]] | str | None, balancer: Collection[str]
) -> Iterator[_End]:
    if isinstance(peers, str) or not peers:
        yield _End(peers if isinstance(peers, str) else ANYWHERE)
        return
    ranges: list[_End] = []
    for peer in peers:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            without = ", ".join(str(each) for each in block.get("except") or ())
            ranges.append(_End(str(block.get("cidr")), without=without))
            continue
        pods = _section(peer, "podSelector")
        if _section(pods, "matchLabels").get("k8s-app") == "kube-dns":
            yield _End(CLUSTER_DNS)
        elif "namespaceSelector" in peer:
            yield _End(f"pods of other namespaces: {peer}")
        else:
            yield _pods(pods, "")
    if ranges and {str(each) for each in ranges} == set(balancer):
        yield _End(LOAD_BALANCER, is_balancer=True)
    else:
        yield from ranges


def _ports(ports: Iterable[Mapping[str, Any]] | str | None) -> Iterator[tuple[str, str]]:
    if isinstance(ports, str) or not ports:
        yield "all", ports if isinstance(ports, str) else "all"
        return
    for port in ports:
        protocol = str(port.get("protocol", "TCP")).lower()
        first, last = port.get("port"), port.get("endPort")
        number = str(int(first)) if isinstance(first, int | float) else str(first or "all")
        yield protocol, number if last is None else f"{number}-{int(last)}"
