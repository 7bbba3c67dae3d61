"""A cluster's network: what EKS finds out and chooses by itself."""

from typing import Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import lookups, rules
from seawall_sandbox.aws.loose import as_list
from seawall_sandbox.values import Properties

_SERVICE_RANGES: Final = ("10.100.0.0/16", "172.20.0.0/16")
"""What EKS takes for Kubernetes services: the second one when the VPC lies in 10.0.0.0/8.

https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
"""
_EVERYWHERE: Final = "0.0.0.0/0"


def network_of(ctx: Context, given: Properties, operation: str) -> Properties:
    """``vpcConfig`` with what EKS finds out: the VPC, and from where the endpoint is open."""
    found = lookups.subnets(ctx, given["subnetIds"], operation)
    rules.check_zones((subnet["AvailabilityZone"] for subnet in found), operation)
    vpc = str(found[0]["VpcId"])
    groups = as_list(given.get("securityGroupIds"))
    lookups.require_groups(ctx, groups, vpc, operation)
    public = given["endpointPublicAccess"]
    return {
        "endpointPrivateAccess": given["endpointPrivateAccess"],
        "endpointPublicAccess": public,
        "publicAccessCidrs": given.get("publicAccessCidrs") or ([_EVERYWHERE] if public else []),
        "securityGroupIds": groups,
        "subnetIds": given["subnetIds"],
        "vpcId": vpc,
    }


def service_network(given: Properties, ranges: list[str]) -> Properties:
    """``kubernetesNetworkConfig`` with the range that EKS chooses when none is given."""
    family = given.get("ipFamily", "ipv4")
    chosen = _SERVICE_RANGES[any(block.startswith("10.") for block in ranges)]
    cidr = given.get("serviceIpv4Cidr") or chosen
    if given.get("serviceIpv4Cidr"):
        rules.check_service_cidr(cidr, ranges)
    return {
        "elasticLoadBalancing": given.get("elasticLoadBalancing") or {"enabled": False},
        "ipFamily": family,
        "serviceIpv4Cidr": cidr,
        "serviceIpv6Cidr": "fd00:ec2::/108" if family == "ipv6" else "",
    }
