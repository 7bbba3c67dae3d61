"""What EKS knows by itself: versions, add-ons, access policies, and values that it makes up.

The emulator has none of this. The tables are public facts with their source; where EKS answers with
a value of its own making (an endpoint, a certificate), the sandbox derives one from the cluster's
ARN, so that two runs of the same program agree.
"""

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

DEFAULT_VERSION: Final = "1.35"
"""The Kubernetes version of a cluster that names none: the newest with standard support.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

_KUBERNETES_VERSION: Final = re.compile(r"1\.[1-9]\d")

_ANY_CLUSTER: Final = ""
"""Key of an add-on version that serves every supported Kubernetes version."""

_ADDON_VERSIONS: Final[dict[str, dict[str, str]]] = {
    "vpc-cni": {_ANY_CLUSTER: "v1.21.1-eksbuild.3"},
    "eks-pod-identity-agent": {_ANY_CLUSTER: "v1.3.10-eksbuild.1"},
    "kube-proxy": {
        "1.30": "v1.30.3-eksbuild.5",
        "1.31": "v1.31.2-eksbuild.2",
        "1.32": "v1.32.0-eksbuild.2",
        "1.33": "v1.33.3-eksbuild.6",
        "1.34": "v1.34.0-eksbuild.2",
        "1.35": "v1.35.0-eksbuild.2",
    },
    "coredns": {
        "1.30": "v1.11.3-eksbuild.2",
        "1.31": "v1.11.3-eksbuild.2",
        "1.32": "v1.11.4-eksbuild.2",
        "1.33": "v1.12.4-eksbuild.1",
        "1.34": "v1.12.4-eksbuild.1",
        "1.35": "v1.13.2-eksbuild.1",
    },
    "aws-ebs-csi-driver": {_ANY_CLUSTER: "v1.50.1-eksbuild.1"},
    "aws-efs-csi-driver": {_ANY_CLUSTER: "v2.0.8-eksbuild.1"},
    "metrics-server": {_ANY_CLUSTER: "v0.8.0-eksbuild.2"},
}
"""A version of each add-on that EKS served for a Kubernetes version when the table was made.

Real EKS adds versions all the time, so this table is not the newest for long: a platform pins the
versions it wants. https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
"""

_ADDONS_WITHOUT_TABLE: Final = frozenset(
    {
        "adot",
        "amazon-cloudwatch-observability",
        "aws-fsx-csi-driver",
        "aws-guardduty-agent",
        "aws-mountpoint-s3-csi-driver",
        "aws-network-flow-monitoring-agent",
        "aws-privateca-connector-for-kubernetes",
        "aws-secrets-store-csi-driver-provider",
        "amazon-sagemaker-hyperpod-taskgovernance",
        "amazon-sagemaker-hyperpod-training-operator",
        "cert-manager",
        "eks-node-monitoring-agent",
        "external-dns",
        "fluent-bit",
        "kube-state-metrics",
        "prometheus-node-exporter",
        "snapshot-controller",
    },
)
"""Add-ons of AWS and of the community for which the sandbox knows no version."""

ACCESS_POLICIES: Final = frozenset(
    {
        "AmazonEKSAdminPolicy",
        "AmazonEKSAdminViewPolicy",
        "AmazonEKSAutoNodePolicy",
        "AmazonEKSBlockStorageClusterPolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSClusterAdminPolicy",
        "AmazonEKSClusterInsightsPolicy",
        "AmazonEKSComputeClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSEditPolicy",
        "AmazonEKSEventPolicy",
        "AmazonEKSHybridPolicy",
        "AmazonEKSLoadBalancingClusterPolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingClusterPolicy",
        "AmazonEKSNetworkingPolicy",
        "AmazonEKSSecretReaderPolicy",
        "AmazonEKSViewPolicy",
    },
)
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""

_ACCESS_POLICY_ARN: Final = re.compile(r"arn:aws[a-z-]*:eks::aws:cluster-access-policy/(\w+)")

AMI_TYPES: Final = frozenset(
    {
        "AL2_x86_64",
        "AL2_x86_64_GPU",
        "AL2_ARM_64",
        "CUSTOM",
        "BOTTLEROCKET_ARM_64",
        "BOTTLEROCKET_x86_64",
        "BOTTLEROCKET_ARM_64_FIPS",
        "BOTTLEROCKET_x86_64_FIPS",
        "BOTTLEROCKET_ARM_64_NVIDIA",
        "BOTTLEROCKET_x86_64_NVIDIA",
        "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
        "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
        "WINDOWS_CORE_2019_x86_64",
        "WINDOWS_FULL_2019_x86_64",
        "WINDOWS_CORE_2022_x86_64",
        "WINDOWS_FULL_2022_x86_64",
        "WINDOWS_CORE_2025_x86_64",
        "WINDOWS_FULL_2025_x86_64",
        "AL2023_x86_64_STANDARD",
        "AL2023_ARM_64_STANDARD",
        "AL2023_x86_64_NEURON",
        "AL2023_x86_64_NVIDIA",
        "AL2023_ARM_64_NVIDIA",
    },
)
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, ``amiType``."""


def addon_names() -> tuple[str, ...]:
    """The names of all add-ons that the sandbox knows, sorted."""
    return tuple(sorted({*_ADDON_VERSIONS, *_ADDONS_WITHOUT_TABLE}))


def addon_version(addon: str, kubernetes_version: str) -> str | None:
    """The version of an add-on for a Kubernetes version, or ``None`` where the table has none."""
    versions = _ADDON_VERSIONS.get(addon, {})
    return versions.get(kubernetes_version, versions.get(_ANY_CLUSTER))


def is_kubernetes_version(version: str) -> bool:
    """Whether this is written as EKS wants it: major and minor, such as ``1.35``."""
    return _KUBERNETES_VERSION.fullmatch(version) is not None


def is_access_policy(arn: str) -> bool:
    """Whether this is the ARN of an access policy that EKS has."""
    match = _ACCESS_POLICY_ARN.fullmatch(arn)
    return match is not None and match[1] in ACCESS_POLICIES


def cluster_identifier(cluster_arn: str) -> str:
    """The 32 hexadecimal digits that name a cluster in its endpoint and its OIDC issuer."""
    return hashlib.sha256(cluster_arn.encode()).hexdigest()[:32].upper()


def endpoint(cluster_arn: str) -> str:
    """The address of the Kubernetes API as EKS would give it. Nothing listens there."""
    region = cluster_arn.split(":")[3]
    return f"https://{cluster_identifier(cluster_arn)}.gr7.{region}.eks.amazonaws.com"


def oidc_issuer(cluster_arn: str) -> str:
    """The cluster's OIDC issuer as EKS would give it."""
    region = cluster_arn.split(":")[3]
    return f"https://oidc.eks.{region}.amazonaws.com/id/{cluster_identifier(cluster_arn)}"


def certificate_authority(cluster_arn: str) -> str:
    """A certificate authority as ``certificateAuthority.data`` holds it: base64 of a PEM text.

    A real certificate, so that clients can parse a kubeconfig made of it. Its key follows from the
    ARN and protects nothing: no server of the sandbox uses it.
    """
    digest = hashlib.sha256(b"certificate authority of " + cluster_arn.encode()).digest()
    key = Ed25519PrivateKey.from_private_bytes(digest)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(digest[:8], "big") >> 1 | 1)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2035, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    return base64.b64encode(certificate.public_bytes(Encoding.PEM)).decode()


def release_version(ami_type: str, kubernetes_version: str) -> str:
    """The node image release that a node group without ``releaseVersion`` gets.

    In the form that EKS uses: ``<Kubernetes version>-<date>``, or for Bottlerocket
    ``<Bottlerocket version>-<commit>``. Custom images have none.
    """
    if ami_type == "CUSTOM":
        return ""
    if ami_type.startswith("BOTTLEROCKET"):
        commit = hashlib.sha256(f"{ami_type} {kubernetes_version}".encode()).hexdigest()[:8]
        return f"1.50.0-{commit}"
    return f"{kubernetes_version}.0-20260101"
