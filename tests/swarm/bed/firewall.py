"""Security groups, enforced in each instance by nftables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bed.namespaces import in_network

INTERFACES = ("eth0", "eth1")
TABLE = "seawall_bed"


@dataclass(frozen=True)
class Rule:
    """Who may reach whom. Ports are inclusive; those of a protocol without ports are 0."""

    target: str
    """Role of the instances that are reached."""
    source: str
    """Role of those that reach, or a CIDR."""
    protocol: str
    """``tcp``, ``udp``, or a number such as ``50`` for ESP."""
    first: int
    last: int
    reason: str


# To be replaced by the rules of the plan's security groups, when the component makes them.
SWARM_RULES = tuple(
    Rule(target, source, protocol, port, port, reason)
    for target, source, protocol, port, reason in (
        ("manager", "manager", "tcp", 2377, "managers agree, and the leader dials back"),
        ("manager", "worker", "tcp", 2377, "workers join and report"),
        *(
            (target, source, protocol, port, reason)
            for target in ("manager", "worker")
            for source in ("manager", "worker")
            for protocol, port, reason in (
                ("tcp", 7946, "gossip"),
                ("udp", 7946, "gossip"),
                ("udp", 4789, "overlay networks"),
            )
        ),
    )
)


def ruleset(role: str, rules: Iterable[Rule], addresses: Mapping[str, Sequence[str]]) -> str:
    """What nftables is told in an instance of ``role``; ``addresses`` are those of each role.

    Before the destination is rewritten, as a security group sees a packet: so published ports of
    containers are guarded too.
    """
    interfaces = ", ".join(f'"{name}"' for name in INTERFACES)
    lines = [
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        "  chain ingress {",
        "    type filter hook prerouting priority -150; policy accept;",
        f"    iifname != {{ {interfaces} }} accept",
        "    ct state established,related accept",
    ]
    for rule in rules:
        if rule.target != role:
            continue
        sources = addresses.get(rule.source, () if "/" not in rule.source else (rule.source,))
        if not sources:
            continue
        match = (
            f"{rule.protocol} dport {rule.first}-{rule.last}"
            if rule.protocol in ("tcp", "udp")
            else f"meta l4proto {rule.protocol}"
        )
        lines.append(f"    ip saddr {{ {', '.join(sources)} }} {match} accept")
    lines += ["    counter drop", "  }", "}"]
    return "\n".join(lines) + "\n"


def enforce(pid: int, text: str) -> None:
    """Make ``text`` the rules of the instance ``pid``, all at once."""
    in_network(pid, "nft", "-f", "-", text=text)
