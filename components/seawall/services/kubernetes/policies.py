"""NetworkPolicies: nothing may talk but what the flows say.

Kubernetes' semantics: https://kubernetes.io/docs/concepts/services-networking/network-policies/ ;
Amazon's: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
"""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from seawall.firewall.flows import ANY_PORT, Flow, IpProtocol, Peer, PeerKind
from seawall.services.kubernetes.names import Manifest, metadata, selector
from seawall.services.kubernetes.options import Options
from seawall.services.model import Application, Service

METADATA_SERVICE: Final = IPv4Network("169.254.169.254/32")
"""The instance metadata service, which hands out the node's credentials."""


def default_deny(application: Application, options: Options) -> Manifest:
    """No pod may send or receive anything, unless another policy says so."""
    return _policy(application, options, "default-deny", ingress=[], egress=[])


def allow_dns(application: Application, options: Options) -> Manifest:
    """Every pod may ask the cluster's DNS servers."""
    servers = {
        # One item: both must hold. Two items would mean either.
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"protocol": protocol, "port": 53} for protocol in ("TCP", "UDP")]
    rule = {"to": [servers], "ports": ports}
    return _policy(application, options, "allow-dns", ingress=None, egress=[rule])


def service_policy(
    application: Application, service: Service, flows: Sequence[Flow], options: Options
) -> Manifest | None:
    """What a service may send and receive, from the flows; None if there is nothing."""
    me = Peer.workload(service.name)
    ingress = _rules([flow for flow in flows if flow.target == me], "from", options)
    egress = _rules([flow for flow in flows if flow.source == me], "to", options)
    if not ingress and not egress:
        return None
    return _policy(
        application, options, service.name, service=service.name, ingress=ingress, egress=egress
    )


def _rules(flows: Sequence[Flow], direction: str, options: Options) -> list[Manifest]:
    """One rule for each peer, with all of its ports."""
    by_peer: dict[Peer, set[tuple[IpProtocol, int, int]]] = {}
    for flow in flows:
        peer = flow.source if direction == "from" else flow.target
        by_peer.setdefault(peer, set()).add((flow.protocol, flow.ports.first, flow.ports.last))
    rules: list[Manifest] = []
    for peer in sorted(by_peer):
        peers = _peers(peer, options)
        if not peers:
            continue
        rule: Manifest = {direction: peers}
        if all(protocol is not IpProtocol.ALL for protocol, _, _ in by_peer[peer]):
            rule["ports"] = [_port(*port) for port in sorted(by_peer[peer])]
        rules.append(rule)
    return rules


def _peers(peer: Peer, options: Options) -> list[Manifest]:
    if peer.kind is PeerKind.WORKLOAD:
        return [{"podSelector": {"matchLabels": selector(peer.name)}}]
    if peer.kind is PeerKind.CIDR:
        return [{"ipBlock": _block(IPv4Network(peer.name), options)}]
    if peer == Peer.group("load-balancer"):
        # The load balancer has no pods; it is known by the subnets in which it stands.
        return [{"ipBlock": {"cidr": str(cidr)}} for cidr in sorted(options.load_balancer_cidrs)]
    return []


def _block(cidr: IPv4Network, options: Options) -> Manifest:
    """A range without what lies in it but is not meant: the platform itself and its credentials."""
    inside = (options.vpc_cidr, METADATA_SERVICE)
    excluded = sorted(each for each in inside if each != cidr and each.subnet_of(cidr))
    block: Manifest = {"cidr": str(cidr)}
    if excluded:
        block["except"] = [str(each) for each in excluded]
    return block


def _port(protocol: IpProtocol, first: int, last: int) -> Manifest:
    if (first, last) == (ANY_PORT.first, ANY_PORT.last):
        return {"protocol": protocol.value.upper()}
    end = {} if first == last else {"endPort": last}
    return {"protocol": protocol.value.upper(), "port": first, **end}


def _policy(
    application: Application,
    options: Options,
    name: str,
    *,
    service: str = "",
    ingress: list[Manifest] | None,
    egress: list[Manifest],
) -> Manifest:
    # Both directions are always named where a policy is about both: egress is not implied.
    spec: Manifest = {
        "podSelector": {"matchLabels": selector(service)} if service else {},
        "policyTypes": ["Egress"] if ingress is None else ["Ingress", "Egress"],
    }
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, options.namespace, application.name, service),
        "spec": spec,
    }
