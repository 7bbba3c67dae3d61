"""Kinds of Kubernetes objects, and how Pulumi's type tokens name them."""

import re
from dataclasses import dataclass

from seawall_sandbox.protocol import ProviderError

HELM_RELEASE = "kubernetes:helm.sh/v3:Release"

BUILT_IN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""The API groups of Kubernetes itself; objects of any other group are custom resources."""

_CLUSTER_WIDE = frozenset(
    """
    APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding
    ClusterTrustBundle ComponentStatus CustomResourceDefinition DeviceClass DeviceTaintRule
    FlowSchema IPAddress IngressClass MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
    MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass
    PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectAccessReview
    SelfSubjectReview SelfSubjectRulesReview ServiceCIDR StorageClass StorageVersion
    StorageVersionMigration SubjectAccessReview TokenReview ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
    VolumeAttributesClass
    """.split()  # noqa: SIM905  # reads better than a list
)
"""The built-in kinds without a namespace (``kubectl api-resources --namespaced=false``)."""

_TOKEN = re.compile(r"kubernetes:([a-z0-9.-]+)/([a-z0-9]+):([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A group, version and kind, such as ``apps``, ``v1``, ``Deployment``."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        """As objects write it: ``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def built_in(self) -> bool:
        """Whether Kubernetes has it without any custom resource definition."""
        return self.group in BUILT_IN_GROUPS

    @property
    def cluster_wide(self) -> bool:
        """Whether it is a built-in kind whose objects are in no namespace."""
        return self.built_in and self.name in _CLUSTER_WIDE

    def __str__(self) -> str:
        return f"{self.name} ({self.api_version})"


def is_object_token(token: str) -> bool:
    """Whether ``token`` names a kind of objects, and not a list or a patch of them."""
    match = _TOKEN.fullmatch(token)
    return (
        match is not None
        and token != HELM_RELEASE
        and not (_is_built_in(match[1]) and match[3].endswith(("List", "Patch")))
    )


def parse(token: str) -> Kind:
    """The kind that a type token names.

    Raises ``ProviderError`` for what is none, and for lists and patches, which need a cluster.
    """
    match = _TOKEN.fullmatch(token)
    if match is None or not is_object_token(token):
        raise ProviderError(
            f"The kubernetes provider of the sandbox has no resource type {token}: it takes single "
            "objects, kubernetes:<group>/<version>:<Kind>, and kubernetes:helm.sh/v3:Release. "
            "Declare each object of a list by itself, and whole objects instead of patches."
        )
    return Kind("" if match[1] == "core" else match[1], match[2], match[3])


def _is_built_in(group: str) -> bool:
    return group == "core" or group in BUILT_IN_GROUPS
