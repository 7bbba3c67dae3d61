"""Services inside the cluster, and the Ingress that is the public entry."""

import json
from collections.abc import Iterator
from typing import Final

from seawall.services.health_path import health_path
from seawall.services.kubernetes.names import (
    Manifest,
    Text,
    annotations,
    metadata,
    named_ports,
    selector,
)
from seawall.services.kubernetes.options import Entry, Options
from seawall.services.kubernetes.quantities import seconds
from seawall.services.kubernetes.storage import SKIP_AWAIT
from seawall.services.model import Application, Route, Service

ALB: Final = "alb.ingress.kubernetes.io/"
"""Annotations of the AWS Load Balancer Controller
(https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/).
"""

SSL_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3 and 1.2 with forward secrecy, and post-quantum key exchange: what AWS recommends
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html).
"""

SUCCESS_CODES: Final = "200-399"
"""Answers that count as healthy: redirects too, as for ``curl -f`` in health checks."""

LONGEST_DEREGISTRATION: Final = 3600
"""Seconds: the longest that a target group waits for open requests."""


def service_object(application: Application, service: Service, options: Options) -> Manifest:
    """The Service of a Compose service: its DNS name.

    The port is the container's, as peers dial it; a published port belongs to the entry alone.
    Without ports it is headless: the name resolves to the pods.
    """
    return _service(application, service, service.name, options, _target_group(service))


def alias_services(
    application: Application, service: Service, options: Options
) -> tuple[Manifest, ...]:
    """A further Service for each network alias."""
    return tuple(_service(application, service, alias, options, {}) for alias in aliases(service))


def aliases(service: Service) -> tuple[str, ...]:
    """The service's network aliases besides its own name, sorted."""
    found = {alias for membership in service.networks for alias in membership.aliases}
    return tuple(sorted(found - {service.name}))


def ingress(application: Application, options: Options) -> Manifest | None:
    """The public entry; None if no service has a route."""
    routes = [(route, service) for service in application.services for route in service.routes]
    if not routes:
        return None
    by_host: dict[str, list[tuple[Route, Service]]] = {}
    for route, service in routes:
        by_host.setdefault(route.host or options.entry.domain or "", []).append((route, service))
    rules = [_rule(host, by_host[host]) for host in sorted(by_host)]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(
            "entry",
            options.namespace,
            application.name,
            annotated=entry_annotations(options.entry),
        ),
        "spec": {"ingressClassName": "alb", "rules": rules},
    }


def entry_annotations(entry: Entry) -> dict[str, Text]:
    """What the load balancer is like.

    With a security group of ours the controller leaves rules alone: they are the ledger's. Without
    one it makes a group that admits the allowed ranges.
    """
    listeners = [{"HTTP": 80}, *([{"HTTPS": 443}] if entry.encrypted else [])]
    result: dict[str, Text] = {
        "scheme": "internal" if entry.internal else "internet-facing",
        "target-type": "ip",
        "listen-ports": json.dumps(listeners),
        # https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-4
        "load-balancer-attributes": "routing.http.drop_invalid_header_fields.enabled=true",
    }
    if entry.encrypted:
        result |= {
            "certificate-arn": entry.certificate_arn,
            "ssl-policy": SSL_POLICY,
            "ssl-redirect": "443",
        }
    if entry.security_group_id is not None:
        result |= {
            "security-groups": entry.security_group_id,
            "manage-backend-security-group-rules": "false",
        }
    else:
        result["inbound-cidrs"] = ",".join(str(cidr) for cidr in sorted(entry.allowed_cidrs))
    if entry.subnet_ids is not None:
        result["subnets"] = entry.subnet_ids
    if entry.tags:
        result["tags"] = ",".join(f"{key}={value}" for key, value in sorted(entry.tags.items()))
    return {ALB + key: value for key, value in result.items()}


def _service(
    application: Application,
    service: Service,
    name: str,
    options: Options,
    annotated: dict[str, Text],
) -> Manifest:
    ports = [
        {
            "name": port_name,
            "port": port.target,
            "targetPort": port.target,
            "protocol": port.protocol.upper(),
            **({"appProtocol": port.app_protocol} if port.app_protocol else {}),
        }
        for port_name, port in named_ports(service.ports)
    ]
    spec: Manifest = {"type": "ClusterIP", "selector": selector(service.name)}
    if ports:
        spec["ports"] = ports
    if service.headless or not ports:
        spec["clusterIP"] = "None"
    # Pulumi would wait for a ready pod, but pods come later, so that the name is there before them.
    notes = {**annotations(service.deploy_labels), **annotated, SKIP_AWAIT: "true"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, options.namespace, application.name, service.name, notes),
        "spec": spec,
    }


def _target_group(service: Service) -> dict[str, Text]:
    if not service.routes:
        return {}
    delay = min(LONGEST_DEREGISTRATION, seconds(service.stop_grace_period, least=0))
    return {
        ALB + "healthcheck-path": health_path(service),
        ALB + "success-codes": SUCCESS_CODES,
        ALB + "target-group-attributes": f"deregistration_delay.timeout_seconds={delay}",
    }


def _rule(host: str, routes: list[tuple[Route, Service]]) -> Manifest:
    paths = list(_paths(routes))
    return {**({"host": host} if host else {}), "http": {"paths": paths}}


def _paths(routes: list[tuple[Route, Service]]) -> Iterator[Manifest]:
    # Longest first: the load balancer takes the first rule that fits.
    for route, service in sorted(routes, key=lambda pair: (-len(pair[0].path), pair[0].path)):
        backend = {"service": {"name": service.name, "port": {"number": route.port}}}
        yield {"path": route.path, "pathType": "Prefix", "backend": backend}
