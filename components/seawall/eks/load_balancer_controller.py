"""The AWS Load Balancer Controller: chart, values, permissions. Pure.

It turns an Ingress into an Application Load Balancer. It gets neither the right nor the task to
open ports: Seawall's port ledger makes the security groups, and an Ingress names the one to use.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

CHART: Final = "aws-load-balancer-controller"
CHART_VERSION: Final = "3.5.0"
"""Chart and controller have the same number since 3.0.0.

Source: stable/aws-load-balancer-controller/Chart.yaml of https://github.com/aws/eks-charts.
"""
CHART_REPOSITORY: Final = "https://aws.github.io/eks-charts"
SERVICE_ACCOUNT: Final = "aws-load-balancer-controller"
RELEASE_TIMEOUT_SECONDS: Final = 600
"""How long Helm waits for the controller: two image pulls and two health checks take about two
minutes; a node that must start first takes three more."""

_CLUSTER_TAG: Final = "elbv2.k8s.aws/cluster"
"""Tag that the controller puts on all it makes; its value is the cluster's name."""

_READS: Final = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTrustStores",
)
"""Describing has no resource-level permissions in these services."""

_CHANGES: Final = (
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:ModifyListenerAttributes",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:SetIpAddressType",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
)
_LISTENER_CHANGES: Final = (
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:RemoveListenerCertificates",
)


def policy_statements(*, partition: str, region: str, cluster: str) -> Sequence[Mapping[str, Any]]:
    """What the controller may do: make load balancers, and change those of its own cluster.

    Actions and their condition keys:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html.
    Left out on purpose are the rights to make or open security groups and to use WAF, Shield,
    Cognito and IAM's certificate store.
    """
    prefix = f"arn:{partition}:elasticloadbalancing:{region}:*"
    balancers = [f"{prefix}:loadbalancer/app/*/*", f"{prefix}:loadbalancer/net/*/*"]
    targets = f"{prefix}:targetgroup/*/*"
    listeners = [
        f"{prefix}:{kind}/{family}/*"
        for kind in ("listener", "listener-rule")
        for family in ("app", "net")
    ]
    requested = {"StringEquals": {f"aws:RequestTag/{_CLUSTER_TAG}": cluster}}
    owned = {"StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": cluster}}
    return (
        {"Sid": "Read", "Effect": "Allow", "Action": list(_READS), "Resource": "*"},
        {
            "Sid": "FirstLoadBalancerOfTheAccount",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}
            },
        },
        {
            "Sid": "CreateForThisCluster",
            "Effect": "Allow",
            "Action": [
                "elasticloadbalancing:CreateLoadBalancer",
                "elasticloadbalancing:CreateTargetGroup",
            ],
            "Resource": [*balancers, targets],
            "Condition": requested,
        },
        {
            "Sid": "TagWhatItCreates",
            "Effect": "Allow",
            "Action": "elasticloadbalancing:AddTags",
            "Resource": [*balancers, targets],
            "Condition": {
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": [
                        "CreateLoadBalancer",
                        "CreateTargetGroup",
                    ],
                    f"aws:RequestTag/{_CLUSTER_TAG}": cluster,
                }
            },
        },
        {
            "Sid": "TagItsOwn",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            "Resource": [*balancers, targets],
            # The tag that says whose a load balancer is stays as it is.
            "Condition": owned | {"Null": {f"aws:RequestTag/{_CLUSTER_TAG}": "true"}},
        },
        {
            "Sid": "TagListeners",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            "Resource": listeners,
        },
        {
            "Sid": "ChangeItsOwn",
            "Effect": "Allow",
            "Action": list(_CHANGES),
            "Resource": [*balancers, targets, *listeners],
            "Condition": owned,
        },
        {
            # Listeners and rules of older controllers carry no tags, so no condition holds here.
            "Sid": "ChangeListeners",
            "Effect": "Allow",
            "Action": list(_LISTENER_CHANGES),
            "Resource": [*balancers, *listeners],
        },
        {
            "Sid": "OrderRules",
            "Effect": "Allow",
            "Action": "elasticloadbalancing:SetRulePriorities",
            "Resource": [item for item in listeners if ":listener-rule/" in item],
        },
    )


def values(*, cluster: str, region: str, vpc_id: str, tags: Mapping[str, str]) -> Mapping[str, Any]:
    """The chart's values. ``tags`` go to every load balancer and target group it makes."""
    name = {"app.kubernetes.io/name": CHART}
    return {
        "clusterName": cluster,
        # Given, because pods do not reach the instance metadata service (hop limit 1), where the
        # controller would look them up.
        "region": region,
        "vpcId": vpc_id,
        "replicaCount": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologySpreadConstraints": [
            {
                "labelSelector": {"matchLabels": name},
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "512Mi"},
        },
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        # While it has no endpoints, this webhook would refuse every Service in the cluster, also
        # those that want no load balancer (aws-load-balancer-controller issue 4140).
        "enableServiceMutatorWebhook": False,
        # A new certificate at every upgrade would fail webhook calls until all pods have it.
        "keepTLSSecret": True,
        # Nodes open no NodePorts: a load balancer talks to the pods themselves.
        "defaultTargetType": "ip",
        # The port ledger owns the security groups.
        "enableBackendSecurityGroup": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "defaultTags": dict(tags),
    }
