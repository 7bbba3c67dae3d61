"""Namespace, service accounts, configs and secrets."""

import base64

from seawall.services.kubernetes.names import Manifest, Text, digest, labels, metadata, object_name
from seawall.services.kubernetes.options import Options
from seawall.services.model import Application, Service

READINESS_GATE_LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"
"""A pod counts as ready only when the load balancer has it as healthy, so that a rollout drops no
request (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/).
"""


def namespace(application: Application, options: Options) -> Manifest:
    """The application's namespace: only pods that meet the restricted Pod Security Standard.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
    """
    security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (
            ("", "restricted"),
            ("-version", f"v{options.kubernetes_version}"),
        )
    }
    routed = any(service.routes for service in application.services)
    gate = {READINESS_GATE_LABEL: "enabled"} if routed else {}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": options.namespace,
            "labels": {**labels(application.name), **security, **gate},
        },
    }


def service_account(application: Application, service: Service, options: Options) -> Manifest:
    """A service's own identity, with no token of the Kubernetes API in its pods."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(service.name, options.namespace, application.name, service.name),
        "automountServiceAccountToken": False,
    }


def config_name(name: str, content: bytes) -> str:
    """A config's object name: with its content's hash, so that new content rolls the pods."""
    return f"{object_name(name)}-{digest(content)}"


def config_map(application: Application, name: str, content: bytes, options: Options) -> Manifest:
    """A config as an immutable ConfigMap. Text stays readable; other bytes are base64."""
    try:
        data: Manifest = {"data": {name: content.decode()}}
    except UnicodeDecodeError:
        data = {"binaryData": {name: base64.b64encode(content).decode()}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(config_name(name, content), options.namespace, application.name),
        "immutable": True,
        **data,
    }


def secret(application: Application, name: str, namespace_name: str, value: Text) -> Manifest:
    """A secret as an immutable Secret, without a name: Pulumi gives a new one for a new value.

    A hash of the value in the name would tell something about the value.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace_name, "labels": labels(application.name)},
        "type": "Opaque",
        "immutable": True,
        "stringData": {name: value},
    }
