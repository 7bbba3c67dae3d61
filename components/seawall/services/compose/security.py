"""What a service may ask of its host: user, capabilities, kernel settings, security options.

The bounds are those of the Pod Security Standard "baseline"
(https://kubernetes.io/docs/concepts/security/pod-security-standards/), which a cluster enforces.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from seawall.errors import did_you_mean
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text, text_map, texts
from seawall.services.model import Ulimit

_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    },
)
_IPV4 = "net.ipv4."
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        *(f"{_IPV4}ip_{name}" for name in ("local_port_range", "local_reserved_ports")),
        *(f"{_IPV4}{name}" for name in ("ping_group_range", "ip_unprivileged_port_start")),
        *(f"{_IPV4}tcp_keepalive_{name}" for name in ("time", "intvl", "probes")),
        *(f"{_IPV4}tcp_{name}" for name in ("syncookies", "fin_timeout", "rmem", "wmem")),
    },
)
_ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile"),
    *("nproc", "rss", "rtprio", "rttime", "sigpending", "stack"),
)
"""The names of https://man7.org/linux/man-pages/man2/getrlimit.2.html, as Docker takes them."""
_MAX_ULIMIT = 2**63 - 1
_USER = re.compile(r"[0-9]+(:[0-9]+)?")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def user_of(service: Node, reader: Reader) -> str:
    """``user`` as numbers, ``1000`` or ``1000:1000``."""
    user = text(service.get("user"))
    if user and not _USER.fullmatch(user):
        reader.problems.add(
            service.get("user") or service,
            f"The user '{user}' is a name, and a cluster cannot look names up in the image.",
            "Write its number, as 'id' in the image shows it, such as \"1000:1000\".",
        )
        return ""
    return user


def capabilities_of(service: Node, key: str, reader: Reader) -> tuple[str, ...]:
    """``cap_add`` or ``cap_drop``, upper case, without ``CAP_``, sorted."""
    found: set[str] = set()
    for item in service.items(key):
        name = item.text().upper().removeprefix("CAP_")
        if key == "cap_add" and name not in _CAPABILITIES:
            reader.problems.add(
                item,
                f"The capability '{name}' is beyond what a cluster grants (Pod Security Standard "
                "'baseline').",
                "Remove it; granted are: " + ", ".join(sorted(_CAPABILITIES)) + ".",
            )
        elif not _NAME.fullmatch(name):
            reader.problems.add(item, f"'{name}' is no capability.", "Write one such as CHOWN.")
        else:
            found.add(name)
    return tuple(sorted(found))


def sysctls_of(service: Node, reader: Reader) -> Mapping[str, str]:
    """``sysctls``; only those that a cluster calls safe."""
    for name, below in service.entries("sysctls").items():
        if name not in _SYSCTLS:
            reader.problems.add(
                below,
                f"The kernel setting '{name}' is not one that a cluster lets a service change.",
                "Remove it, or set it in the application; safe are: "
                + ", ".join(sorted(_SYSCTLS))
                + ".",
            )
    return text_map(service.get("sysctls"))


def no_new_privileges_of(service: Node, reader: Reader) -> bool:
    """``security_opt: [no-new-privileges]``; other options are problems."""
    given = False
    for item in service.items("security_opt"):
        key, _, value = re.sub(r"[=:]", "\0", item.text(), count=1).partition("\0")
        if key == "no-new-privileges" and value in ("", "true", "false"):
            given = value != "false"
        else:
            reader.problems.add(
                item,
                f"The security option '{item.text()}' is not carried over, and security would "
                "change without a word.",
                "Remove it; the runtime's own seccomp and AppArmor profiles are always on.",
            )
    return given


def ulimits_of(service: Node, reader: Reader) -> tuple[Ulimit, ...]:
    """``ulimits``: one number for both limits, or ``soft`` and ``hard``."""
    found: list[Ulimit] = []
    for name, below in service.entries("ulimits").items():
        if name not in _ULIMITS:
            what = f"'{name}' is no limit of a process."
            reader.problems.add(below, what, did_you_mean(name, _ULIMITS))
            continue
        # The schema asks for both or for one number.
        soft, hard = (
            reader.whole(below.get(key) or below, -1, -1, _MAX_ULIMIT) for key in ("soft", "hard")
        )
        limit = Ulimit(name, soft, hard)
        if limit.hard != -1 and not 0 <= limit.soft <= limit.hard:
            what = f"The soft limit of '{name}' is above the hard one."
            reader.problems.add(below, what, "Give a soft limit of at most the hard one.")
        found.append(limit)
    return tuple(sorted(found))


def hosts_of(service: Node, reader: Reader) -> Mapping[str, str]:
    """``extra_hosts``: name to address; one address each."""
    found: dict[str, str] = {}
    for name, below in service.entries("extra_hosts").items():
        addresses = texts(below)
        if "host-gateway" in addresses:
            reader.problems.add(
                below,
                f"'{name}' points at the host (host-gateway), which a cluster does not show.",
                "Remove it, or give an address of the network.",
            )
        elif len(set(addresses)) != 1:
            what = f"'{name}' has {len(set(addresses))} addresses; a cluster takes one."
            reader.problems.add(below, what, "Keep one.")
        else:
            found[name] = addresses[0]
    return MappingProxyType({name: found[name] for name in sorted(found)})
