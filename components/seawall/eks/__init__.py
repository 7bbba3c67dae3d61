"""EKS: the cluster, its nodes, and what must be in it before workloads."""

from typing import TYPE_CHECKING

from seawall.eks.flows import cluster_flows
from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.eks.cluster_addons import ClusterAddons
    from seawall.eks.component import EksCluster
    from seawall.eks.inputs import (
        ClusterAddonsArgs,
        EksClusterArgs,
        EksEgressArgs,
        EksNodesArgs,
    )

__all__ = [
    "ClusterAddons",
    "ClusterAddonsArgs",
    "EksCluster",
    "EksClusterArgs",
    "EksEgressArgs",
    "EksNodesArgs",
    "cluster_flows",
]

__getattr__, __dir__ = load_on_demand(
    __name__,
    {
        "cluster_addons": ("ClusterAddons",),
        "component": ("EksCluster",),
        "inputs": ("ClusterAddonsArgs", "EksClusterArgs", "EksEgressArgs", "EksNodesArgs"),
    },
)
