"""IAM names, trust and permissions of a cluster. Pure: documents are JSON text."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

ROLE_NAME_LIMIT: Final = 64
"""Characters in the name of a role (https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_iam-quotas.html)."""
_HASH_LENGTH: Final = 8

_PULL_ACTIONS: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
_ENCRYPTION_ACTIONS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants")


def partition_of(region: str) -> str:
    """The partition of a region, the second part of its ARNs: ``aws`` for most."""
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws"


def role_name(cluster: str, region: str, purpose: str) -> str:
    """A role's name: cluster, region and purpose.

    Roles are global, so two clusters of one name in two regions must differ. A name over IAM's 64
    characters is cut and ends with a hash of the whole, so that two long names stay apart.
    """
    name = f"{cluster}-{region}-{purpose}"
    if len(name) <= ROLE_NAME_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: ROLE_NAME_LIMIT - _HASH_LENGTH - 1]}-{digest}"


def managed_policy(partition: str, name: str) -> str:
    """The ARN of an AWS-managed policy, by its name with its path."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def document(statements: Iterable[Mapping[str, Any]]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def service_trust(service: str) -> str:
    """Lets an AWS service, such as ``eks.amazonaws.com``, take on the role."""
    return document(
        [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
    )


def pod_trust(cluster: str, namespace: str, service_account: str) -> str:
    """Lets the pods of one service account of one cluster take on the role, by Pod Identity.

    The conditions hold the role to that service account even if somebody associates it with
    another (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
    """
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-name": cluster,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": service_account,
                    }
                },
            }
        ]
    )


def pull_policy(repository_arns: Sequence[str]) -> str:
    """Lets the nodes pull images from these repositories of their own account only.

    Repositories of other accounts stay open as far as those accounts allow it: the images of EKS's
    add-ons and of Bottlerocket live in registries of AWS, whose account differs by region.
    """
    statements: list[Mapping[str, Any]] = [
        {
            "Sid": "LogIn",
            "Effect": "Allow",
            "Action": "ecr:GetAuthorizationToken",
            "Resource": "*",
        },
        {
            "Sid": "PullFromOtherAccounts",
            "Effect": "Allow",
            "Action": list(_PULL_ACTIONS),
            "Resource": "*",
            "Condition": {
                "StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"},
            },
        },
    ]
    if repository_arns:
        statements.append(
            {
                "Sid": "PullOwnRepositories",
                "Effect": "Allow",
                "Action": list(_PULL_ACTIONS),
                "Resource": sorted(repository_arns),
            }
        )
    return document(statements)


def encryption_policy(key_arn: str) -> str:
    """Lets the control plane encrypt Kubernetes secrets with this KMS key."""
    return document([{"Effect": "Allow", "Action": list(_ENCRYPTION_ACTIONS), "Resource": key_arn}])
