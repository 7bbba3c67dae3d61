"""A service's pod: container, environment, resources, security.

Secure by default: not root, no privilege escalation, no capabilities, the runtime's seccomp profile
(together the restricted Pod Security Standard), and besides a read-only root file system and no
token of the Kubernetes API. Source:
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from typing import Final

from seawall.services.defaults import filled
from seawall.services.dns import is_dns_label
from seawall.services.kubernetes.mounts import mounts, pod_volumes, seed_containers
from seawall.services.kubernetes.names import (
    Manifest,
    annotations,
    labels,
    named_ports,
)
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.probes import probes
from seawall.services.kubernetes.quantities import cpu, literal, memory
from seawall.services.kubernetes.rollout import drain_seconds, stop_seconds
from seawall.services.kubernetes.scheduling import scheduling
from seawall.services.model import Application, Resources, Service
from seawall.services.users import user_of

FIRST_UNPRIVILEGED_PORT: Final = 1024
"""Ports below need a privilege in Linux, unless a setting of the pod's network says otherwise."""

_PULL_POLICIES: Final = {"always": "Always", "never": "Never"}


def pod_template(
    application: Application,
    service: Service,
    options: Options,
    restart_policy: str = "Always",
    *,
    probed: bool = True,
) -> Manifest:
    """The pod template of a service's workload."""
    mounted = mounts(service, options)
    image = options.images[service.name]
    shared: Manifest = {
        "imagePullPolicy": _PULL_POLICIES.get(service.pull_policy, "IfNotPresent"),
        "resources": resources(service.resources),
        "securityContext": container_security(service),
    }
    spec: Manifest = {
        "serviceAccountName": service.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": restart_policy,
        "terminationGracePeriodSeconds": stop_seconds(service),
        "securityContext": pod_security(service),
        "containers": [_container(service, image, shared, probed=probed)],
        **scheduling(service),
    }
    if mounted:
        spec["volumes"] = pod_volumes(mounted)
        spec["containers"][0]["volumeMounts"] = [each.mount for each in mounted]
    seeds = seed_containers(image, mounted, shared)
    if seeds:
        spec["initContainers"] = seeds
    if is_dns_label(service.hostname):
        spec["hostname"] = service.hostname
    if service.extra_hosts:
        spec["hostAliases"] = _host_aliases(service)
    meta: Manifest = {"labels": labels(application.name, service.name)}
    if service.labels:
        meta["annotations"] = annotations(service.labels)
    return {"metadata": meta, "spec": spec}


def resources(asked: Resources) -> Manifest:
    """Requests and limits of a container, with the defaults where nothing is asked."""
    given = filled(asked)
    limits = {"memory": memory(given.memory_limit or 0)}
    if given.cpu_limit:
        limits["cpu"] = cpu(given.cpu_limit)
    requests = {
        "cpu": cpu(given.cpu_reservation or 0.0),
        "memory": memory(given.memory_reservation or 0),
    }
    return {"requests": requests, "limits": limits}


def container_security(service: Service) -> Manifest:
    """The container's security context: every capability is dropped, ``cap_drop`` or not."""
    capabilities: Manifest = {"drop": ["ALL"]}
    if service.cap_add:
        capabilities["add"] = sorted(service.cap_add)
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": capabilities,
        "readOnlyRootFilesystem": service.read_only is not False,
    }


def pod_security(service: Service) -> Manifest:
    """The pod's security context.

    A port below 1024 is opened to the pod as Docker does it, by a setting of its own network,
    not by a capability: those do not reach a process that is not root.
    """
    result: Manifest = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    user = user_of(service)
    if user is not None:
        result["runAsUser"] = user.user
        if user.group is not None:
            result["runAsGroup"] = user.group
        # Volumes and secret files belong to root; the group makes them the service's.
        result["fsGroup"] = user.user if user.group is None else user.group
        result["fsGroupChangePolicy"] = "OnRootMismatch"
    sysctls = dict(service.sysctls)
    lowest = min((port.target for port in service.ports), default=FIRST_UNPRIVILEGED_PORT)
    if lowest < FIRST_UNPRIVILEGED_PORT:
        sysctls.setdefault("net.ipv4.ip_unprivileged_port_start", str(lowest))
    if sysctls:
        result["sysctls"] = [{"name": key, "value": sysctls[key]} for key in sorted(sysctls)]
    return result


def _container(service: Service, image: object, shared: Manifest, *, probed: bool) -> Manifest:
    result: Manifest = {"name": service.name, "image": image, **shared}
    if service.entrypoint:
        result["command"] = [literal(word) for word in service.entrypoint]
    if service.command:
        result["args"] = [literal(word) for word in service.command]
    if service.environment:
        result["env"] = [
            {"name": key, "value": literal(value)}
            for key, value in sorted(service.environment.items())
        ]
    ports: list[Manifest] = []
    for name, port in named_ports(service.ports):
        entry: Manifest = {
            "name": name,
            "containerPort": port.target,
            "protocol": port.protocol.upper(),
        }
        if port.host_mode and port.published is not None:
            entry["hostPort"] = port.published
        ports.append(entry)
    if ports:
        result["ports"] = ports
    if service.working_dir:
        result["workingDir"] = service.working_dir
    if service.tty:
        result["tty"] = True
    if service.stdin_open:
        result["stdin"] = True
    if probed:
        result.update(probes(service))
    drain = drain_seconds(service)
    if drain:
        # Kubernetes' own pause, which needs no shell in the image (stable since 1.34).
        result["lifecycle"] = {"preStop": {"sleep": {"seconds": drain}}}
    return result


def _host_aliases(service: Service) -> list[Manifest]:
    by_address: dict[str, list[str]] = {}
    for host, address in sorted(service.extra_hosts.items()):
        by_address.setdefault(address, []).append(host)
    return [{"ip": address, "hostnames": hosts} for address, hosts in sorted(by_address.items())]
