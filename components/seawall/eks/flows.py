"""The traffic that an EKS cluster needs, and nothing else. Pure.

AWS's minimum is in https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
("Restricting cluster traffic"). Ports of add-ons come on top, each with its reason.

Two groups take part: ``control-plane`` is on the network interfaces that EKS puts into the VPC,
``nodes`` on every node. A managed node group whose launch template names security groups does not
get the cluster security group that EKS makes, which would let everything through between nodes.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Final

from seawall.firewall.flows import Flow, IpProtocol, Peer, Ports

CONTROL_PLANE: Final = "control-plane"
"""Role of the security group on the control plane's network interfaces."""
NODES: Final = "nodes"
"""Role of the security group on the nodes."""

_HTTPS: Final = Ports.one(443)
_DNS: Final = Ports.one(53)
_KUBELET: Final = Ports.one(10250)
_LOAD_BALANCER_CONTROLLER_WEBHOOK: Final = Ports.one(9443)


Egress = tuple[IPv4Network, int, str]
"""A way out for the nodes besides HTTPS: where to, TCP port, and what it is for."""


def cluster_flows(egress: Iterable[Egress] = ()) -> tuple[Flow, ...]:
    """The flows of a cluster whose nodes may also leave by ``egress``.

    Default: HTTPS is the only way out. Instance metadata, the VPC's resolver and time service are
    not filtered by security groups, so they are not flows. Workloads declare their own flows.
    """
    control_plane, nodes = Peer.group(CONTROL_PLANE), Peer.group(NODES)
    base = (
        Flow(
            nodes,
            control_plane,
            IpProtocol.TCP,
            _HTTPS,
            "Kubernetes API, for kubelets and for pods that use it",
        ),
        Flow(
            control_plane,
            nodes,
            IpProtocol.TCP,
            _KUBELET,
            "kubelet: logs, exec, port-forward and node metrics",
        ),
        Flow(
            control_plane,
            nodes,
            IpProtocol.TCP,
            _LOAD_BALANCER_CONTROLLER_WEBHOOK,
            "admission webhooks of the AWS Load Balancer Controller",
        ),
        Flow(nodes, nodes, IpProtocol.TCP, _DNS, "cluster DNS, answers too large for UDP"),
        Flow(nodes, nodes, IpProtocol.UDP, _DNS, "cluster DNS"),
        Flow(
            nodes,
            Peer.internet(),
            IpProtocol.TCP,
            _HTTPS,
            "container images and AWS APIs, which have no fixed addresses",
        ),
    )
    more = (
        Flow(nodes, Peer.cidr(cidr), IpProtocol.TCP, Ports.one(port), reason)
        for cidr, port, reason in egress
    )
    return (*base, *more)
