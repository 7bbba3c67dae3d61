"""The restricted Pod Security Standard, checked before anything is sent.

The API server accepts a Deployment whose pods it will refuse, with no more than a warning; so the
pod template is checked here. Rules as of Kubernetes 1.34 and later:
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from seawall.services.kubernetes.names import Manifest

_VOLUME_TYPES: Final = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_SYSCTLS: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_SELINUX_TYPES: Final = frozenset(
    {"container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
)
_PROFILES: Final = frozenset({"RuntimeDefault", "Localhost"})
_HANDLERS: Final = ("httpGet", "tcpSocket")


@final
@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A rule that a pod breaks."""

    field: str
    """Where in the pod's spec: ``containers[web].securityContext.runAsUser``."""
    message: str
    """What is wrong, as a clause: ``adds capability SYS_ADMIN``."""


def violations(pod: Manifest) -> tuple[Violation, ...]:
    """All that keeps this pod spec from the restricted standard; empty: it passes."""
    return tuple(sorted({*_pod(pod), *_volumes(pod), *_containers(pod)}))


def _pod(pod: Manifest) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield Violation(field, "shares the node's namespace")
    security: Manifest = pod.get("securityContext") or {}
    yield from _common(security, "securityContext")
    for sysctl in security.get("sysctls") or ():
        if sysctl["name"] not in _SYSCTLS:
            yield Violation(
                f"securityContext.sysctls[{sysctl['name']}]",
                f"sets {sysctl['name']}, which is not among the safe ones",
            )


def _volumes(pod: Manifest) -> Iterator[Violation]:
    for volume in pod.get("volumes") or ():
        kinds = set(volume) - {"name"}
        for kind in sorted(kinds - _VOLUME_TYPES):
            yield Violation(f"volumes[{volume['name']}].{kind}", f"mounts a volume of type {kind}")


def _containers(pod: Manifest) -> Iterator[Violation]:
    inherited: Manifest = pod.get("securityContext") or {}
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod.get(group) or ():
            yield from _container(container, f"{group}[{container['name']}]", inherited)


def _container(container: Manifest, where: str, inherited: Manifest) -> Iterator[Violation]:
    own: Manifest = container.get("securityContext") or {}
    field = f"{where}.securityContext"
    yield from _common(own, field)
    if own.get("privileged"):
        yield Violation(f"{field}.privileged", "is privileged")
    if own.get("procMount") not in {None, "Default"}:
        yield Violation(f"{field}.procMount", "unmasks /proc")
    if own.get("allowPrivilegeEscalation") is not False:
        yield Violation(
            f"{field}.allowPrivilegeEscalation", "may gain more privileges than its parent"
        )
    if not own.get("runAsNonRoot", inherited.get("runAsNonRoot")):
        yield Violation(f"{field}.runAsNonRoot", "may run as root")
    profile: Manifest = own.get("seccompProfile") or inherited.get("seccompProfile") or {}
    if profile.get("type") not in _PROFILES:
        yield Violation(f"{field}.seccompProfile", "has no seccomp profile")
    capabilities: Manifest = own.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield Violation(f"{field}.capabilities.drop", "does not drop all capabilities")
    for capability in capabilities.get("add") or ():
        if capability != "NET_BIND_SERVICE":
            yield Violation(f"{field}.capabilities.add", f"adds capability {capability}")
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            yield Violation(
                f"{where}.ports[{port['containerPort']}].hostPort",
                f"takes port {port['hostPort']} of its node",
            )
    yield from _handlers(container, where)


def _common(security: Manifest, field: str) -> Iterator[Violation]:
    """What may stand in the security context of a pod and of a container."""
    if security.get("runAsUser") == 0:
        yield Violation(f"{field}.runAsUser", "runs as root (user 0)")
    if security.get("runAsNonRoot") is False:
        yield Violation(f"{field}.runAsNonRoot", "may run as root")
    seccomp: Manifest = security.get("seccompProfile") or {}
    if seccomp and seccomp.get("type") not in _PROFILES:
        yield Violation(f"{field}.seccompProfile", "switches seccomp off")
    apparmor: Manifest = security.get("appArmorProfile") or {}
    if apparmor and apparmor.get("type") not in _PROFILES:
        yield Violation(f"{field}.appArmorProfile", "switches AppArmor off")
    selinux: Manifest = security.get("seLinuxOptions") or {}
    kind = selinux.get("type")
    if (kind and kind not in _SELINUX_TYPES) or selinux.get("user") or selinux.get("role"):
        yield Violation(f"{field}.seLinuxOptions", "changes its SELinux label")
    windows: Manifest = security.get("windowsOptions") or {}
    if windows.get("hostProcess"):
        yield Violation(f"{field}.windowsOptions", "runs as a process of the host")


def _handlers(container: Manifest, where: str) -> Iterator[Violation]:
    handlers: dict[str, Manifest | None] = {
        name: container.get(name) for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    lifecycle: Manifest = container.get("lifecycle") or {}
    handlers |= {f"lifecycle.{name}": lifecycle.get(name) for name in ("postStart", "preStop")}
    for name, handler in handlers.items():
        for kind in _HANDLERS:
            target: Manifest = (handler or {}).get(kind) or {}
            if target.get("host"):
                yield Violation(f"{where}.{name}.{kind}.host", "asks another host for its health")
