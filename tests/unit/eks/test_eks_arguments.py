"""What EKS would refuse half an hour into an update is refused at the door."""

import pytest

from seawall.arguments import InvalidArgumentsError, validated
from seawall.eks.arguments import ClusterArguments

ADMIN = "arn:aws:iam::123456789012:role/platform"


def arguments(**changes):
    return {
        "region": "us-east-1",
        "version": "1.35",
        "vpc_id": "vpc-1",
        "control_plane_subnet_ids": ["subnet-1", "subnet-2"],
        "node_subnet_ids": ["subnet-3", "subnet-4"],
        "admins": [ADMIN],
        "security_group_ids": {"control-plane": "sg-1", "nodes": "sg-2"},
        **changes,
    }


def test_defaults_are_the_safe_ones():
    found = validated("EksCluster", "shop", ClusterArguments, arguments(viewers=None, nodes={}))
    assert found.public_endpoint_cidrs == ()
    assert found.deletion_protection
    assert found.protect
    assert found.log_retention_days == 90
    assert found.nodes.instance_types == ("m6i.large",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": "latest"}, "argument version"),
        ({"verison": "1.35"}, "Did you mean 'version'?"),
        ({"region": "nowhere"}, "argument region"),
        ({"cluster_name": "-shop"}, "argument cluster_name"),
        ({"service_cidr": "172.20.0.0/11"}, "EKS does not take|host bits"),
        ({"service_cidr": "8.8.0.0/16"}, "EKS does not take 8.8.0.0/16"),
        ({"public_endpoint_cidrs": ["10.0.0.0/8"]}, "is private"),
        (
            {"public_endpoint_cidrs": [f"203.0.113.{n}/32" for n in range(41)]},
            "argument public_endpoint_cidrs",
        ),
        ({"admins": ["arn:aws:sts::123456789012:assumed-role/a/b"]}, "the role's own ARN"),
        ({"admins": []}, "nobody could use the Kubernetes API"),
        ({"viewers": [ADMIN]}, "stands more than once"),
        ({"log_retention_days": 100}, "CloudWatch Logs cannot keep"),
        ({"addon_versions": {"core-dns": "v1"}}, "Did you mean 'coredns'?"),
        ({"egress": [{"cidr": "10.9.0.0/24", "port": 25, "reason": "mail"}]}, "where those groups"),
        ({"nodes": {"instance_types": ["m7g.large"]}}, "m7g.large is arm64"),
        ({"nodes": {"instance_types": ["big"]}}, "no instance type"),
        ({"nodes": {"instance_types": []}}, "nodes.instance_types"),
        ({"nodes": {"desired_size": 9}}, "Put the three in that order"),
        ({"nodes": {"max_size": 451}}, "nodes.max_size"),
        ({"nodes": {"disk_size": 10}}, "nodes.disk_size"),
        ({"nodes": {"capacity": "reserved"}}, "nodes.capacity"),
    ],
)
def test_what_eks_would_refuse_is_refused_first(changes, sentence):
    with pytest.raises(InvalidArgumentsError, match=sentence) as caught:
        validated("EksCluster", "shop", ClusterArguments, arguments(**changes))
    assert str(caught.value).startswith("EksCluster 'shop': ")
