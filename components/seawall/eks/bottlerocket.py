"""User data of Bottlerocket nodes: TOML. Pure.

A managed node group merges what the node needs to join (cluster name, API server, certificate,
DNS, labels, taints) into the user data of its launch template, so only our own choices stand here
(https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html).
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SYSCTLS: Final = {
    f"net.{family}.conf.{scope}.{setting}": value
    for family, setting, value in (
        ("ipv4", "send_redirects", "0"),
        ("ipv4", "accept_redirects", "0"),
        ("ipv4", "secure_redirects", "0"),
        ("ipv4", "log_martians", "1"),
        ("ipv6", "accept_redirects", "0"),
    )
    for scope in ("all", "default")
}

HARDENING: Final[Mapping[str, Mapping[str, bool | int | str]]] = MappingProxyType(
    {
        # No shell on the node; sessions go through Systems Manager's control container, which
        # needs no open port and is logged in CloudTrail.
        "settings.host-containers.admin": {"enabled": False},
        "settings.host-containers.control": {"enabled": True},
        # Not even root changes the running kernel.
        "settings.kernel": {"lockdown": "integrity"},
        # Protocols that no container here uses.
        "settings.kernel.modules.sctp": {"allowed": False},
        "settings.kernel.modules.udf": {"allowed": False},
        # A node is no router for others.
        "settings.kernel.sysctl": _SYSCTLS,
        # A pod without a seccomp profile of its own gets the runtime's, not none; a fork bomb
        # stays in its pod.
        "settings.kubernetes": {"pod-pids-limit": 4096, "seccomp-default": True},
        # The node reports to nobody but its cluster.
        "settings.metrics": {"send-metrics": False},
    }
)
"""Settings of every node, by table.

Kernel, modules and sysctls follow the CIS Bottlerocket Benchmark as far as the API reaches (its
firewall rules would need a container that runs at boot). Names of the settings:
https://bottlerocket.dev/en/os/latest/api/settings/.
"""


def user_data(
    tables: Mapping[str, Mapping[str, bool | int | str]] = HARDENING,
) -> str:
    """The TOML text of these tables: by default, the hardening of every node."""
    return "\n".join(
        f"[{table}]\n" + "".join(f"{_key(key)} = {_value(item)}\n" for key, item in rows.items())
        for table, rows in tables.items()
    )


def _key(key: str) -> str:
    """A key, quoted where a bare one would mean nested tables."""
    return json.dumps(key) if "." in key else key


def _value(value: bool | int | str) -> str:  # noqa: FBT001  # one of TOML's scalars, not a switch
    """A TOML scalar. JSON writes it the same way, but for one character that TOML escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
