"""The EKS add-ons of a cluster: which, when, and configured how. Pure.

What must be there for a node to become Ready comes before the nodes; what runs as ordinary pods
comes after them, because EKS waits until such an add-on's pods run. coredns created together with
the nodes costs about 14 minutes (pulumi/pulumi-eks issue 1819).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

SYSTEM_NAMESPACE: Final = "kube-system"
"""Where EKS's add-ons run."""


@final
@dataclass(frozen=True, slots=True)
class Addon:
    """One EKS add-on."""

    name: str
    """As ``aws eks describe-addon-versions`` knows it."""
    before_nodes: bool
    """Whether nodes wait for it, or it for them."""
    service_account: str = ""
    """Service account in kube-system that takes on a role; empty: it needs none."""
    managed_policy: str = ""
    """AWS-managed policy of that role, with its path."""
    preserve: bool = False
    """Whether its software stays in the cluster when the add-on is deleted."""


VPC_CNI: Final = Addon(
    "vpc-cni",
    before_nodes=True,
    service_account="aws-node",
    managed_policy="AmazonEKS_CNI_Policy",
    # It gives back the nodes' network interfaces while they drain; gone too early, they stay and
    # hold the subnets and security groups (aws/amazon-vpc-cni-k8s issue 1447).
    preserve=True,
)
POD_IDENTITY_AGENT: Final = Addon("eks-pod-identity-agent", before_nodes=True)
KUBE_PROXY: Final = Addon("kube-proxy", before_nodes=True)
COREDNS: Final = Addon("coredns", before_nodes=False)
EBS_CSI_DRIVER: Final = Addon(
    "aws-ebs-csi-driver",
    before_nodes=False,
    service_account="ebs-csi-controller-sa",
    # The second edition reaches only volumes that a driver has made, and lets it ask what instance
    # types can attach, as it does since 1.59 (kubernetes-sigs/aws-ebs-csi-driver issue 2918).
    managed_policy="AmazonEBSCSIDriverPolicyV2",
)

CLUSTER_ADDONS: Final = (POD_IDENTITY_AGENT, VPC_CNI, KUBE_PROXY, COREDNS, EBS_CSI_DRIVER)
"""Every add-on of a cluster, in the order of creation.

The agent comes before what takes on a role through it.
"""


def configuration(addon: Addon, tags: Mapping[str, str]) -> str | None:
    """The add-on's configuration as JSON; none: its defaults are right.

    ``tags`` go to the EBS volumes that the driver makes, which no Pulumi resource stands for.
    Keys: ``aws eks describe-addon-configuration``.
    """
    values = _values(addon, tags)
    return json.dumps(values, sort_keys=True) if values else None


def _values(addon: Addon, tags: Mapping[str, str]) -> Mapping[str, Any]:
    if addon == VPC_CNI:
        return {
            "enableNetworkPolicy": "true",
            # Strict: a new pod can talk to nobody until its policies are in force, so that there
            # is no open moment at its start. Names of the values are those of aws-node.
            "env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"},
        }
    if addon == COREDNS:
        return {
            "topologySpreadConstraints": [
                {
                    "labelSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                }
            ]
        }
    if addon == EBS_CSI_DRIVER and tags:
        return {"controller": {"extraVolumeTags": dict(tags)}}
    return {}
