"""Addresses of load balancers, as the AWS Load Balancer Controller would report them: simulated.

No controller runs in the sandbox and nothing listens at these names. They let a program go on that
needs the address of an Ingress or a Service, with the controller's own scheme of names
(kubernetes-sigs/aws-load-balancer-controller, ``pkg/ingress/model_build_load_balancer.go`` and
``pkg/service/model_build_load_balancer.go``) and a hash that depends on the object alone.
"""

import hashlib
import re
from typing import Any, cast

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.values import Properties

_NAME_ANNOTATIONS = {
    "Ingress": "alb.ingress.kubernetes.io/load-balancer-name",
    "Service": "service.beta.kubernetes.io/aws-load-balancer-name",
}
_GROUP_ANNOTATION = "alb.ingress.kubernetes.io/group.name"
_SCHEME_ANNOTATION = "alb.ingress.kubernetes.io/scheme"


def status(kind: Kind, content: Properties, region: str) -> dict[str, Any] | None:
    """The status of an Ingress, or of a Service of type LoadBalancer; None for any other object."""
    spec = cast("dict[str, Any]", content.get("spec") or {})
    is_ingress = (kind.group, kind.name) == ("networking.k8s.io", "Ingress")
    is_service = (kind.group, kind.name) == ("", "Service") and spec.get("type") == "LoadBalancer"
    if not is_ingress and not is_service:
        return None
    metadata = cast("dict[str, Any]", content["metadata"])
    annotations = cast("dict[str, str]", metadata.get("annotations") or {})
    namespace, name = str(metadata.get("namespace") or "default"), str(metadata["name"])
    # Objects of one group share one load balancer.
    group = annotations.get(_GROUP_ANNOTATION) if is_ingress else None
    digest = hashlib.sha256((group or f"{namespace}/{name}").encode()).hexdigest()
    if explicit := annotations.get(_NAME_ANNOTATIONS[kind.name]):
        label = explicit
    elif group:
        label = f"k8s-{_plain(group)[:17]}-{digest[:10]}"
    else:
        label = f"k8s-{_plain(namespace)[:8]}-{_plain(name)[:8]}-{digest[:10]}"
    if is_service:
        hostname = f"{label}-{digest[10:26]}.elb.{region}.amazonaws.com"
    else:
        # Internal is the controller's default.
        scheme = annotations.get(_SCHEME_ANNOTATION, "internal")
        prefix = "internal-" if scheme == "internal" else ""
        number = int(digest[10:18], 16)
        hostname = f"{prefix}{label}-{number}.{region}.elb.amazonaws.com"
    return {"loadBalancer": {"ingress": [{"hostname": hostname}]}}


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)
