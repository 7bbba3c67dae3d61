"""What AWS would refuse half an hour into an update, refused before the first resource. Pure.

Each check gives back the value it was given, or raises ``ValueError`` with what is wrong and what
to do about it.
"""

import hashlib
import re
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Final

_PRINCIPAL: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
_PRIVATE: Final = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)


def service_cidr(block: IPv4Network) -> IPv4Network:
    """A range for Kubernetes Services: private, /12 to /24.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
    """
    if not 12 <= block.prefixlen <= 24 or not any(block.subnet_of(one) for one in _PRIVATE):
        raise ValueError(
            f"EKS does not take {block} for Services. Choose a range of /12 to /24 within "
            "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 that the VPC does not use."
        )
    return block


def public_range(block: IPv4Network) -> IPv4Network:
    """A range of the internet, for the public endpoint."""
    if any(block.subnet_of(one) for one in _PRIVATE):
        raise ValueError(
            f"{block} is private, so it never reaches the public endpoint; the private endpoint "
            "is always on. Leave it out."
        )
    return block


def principal(arn: str) -> str:
    """The ARN of an IAM role or user."""
    if not _PRINCIPAL.fullmatch(arn):
        raise ValueError(
            f"an access entry does not take {arn!r}. Give the ARN of an IAM role or user, such as "
            "arn:aws:iam::123456789012:role/platform; for an assumed role, the role's own ARN."
        )
    return arn


def repeated(items: Iterable[str]) -> tuple[str, ...]:
    """The items that occur more than once, each once, in order."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return tuple(item for item, count in counts.items() if count > 1)


def principal_key(arn: str) -> str:
    """A short stable name for a principal: its own, and a hash because accounts share names."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", arn.rpartition("/")[2]).strip("-")
    return f"{name}-{hashlib.sha256(arn.encode()).hexdigest()[:6]}"
