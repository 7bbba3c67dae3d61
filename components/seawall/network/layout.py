"""Where each subnet of a VPC lies. Pure.

Every zone letter has its own slot in every tier, whether the zone is in use or not, so adding a
zone or a tier never moves another subnet: a moved subnet is a replaced one, and with it everything
in it. The VPC is cut into eight equal parts (sizes in brackets: of a /16, of a /20):

    part 0..5   private, one part for each letter a..f            [/19, /23]
    part 6      1st half: public, eight slots                     [/23, /27]
                2nd half: control plane, eight /28 at its start; the rest is kept free
    part 7      isolated, eight slots                             [/22, /26]

Slots 6 and 7 of the small tiers are kept free. What follows from it:
- A public subnet takes an application load balancer also in a /20: it needs a /27
  (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer).
- EKS wants six addresses, better sixteen, for its network interfaces; dedicated small subnets keep
  nodes from taking them
  (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from itertools import islice
from typing import Final, final

from seawall.errors import SeawallError

LARGEST: Final = 16
"""Prefix length of the largest VPC that AWS makes."""
SMALLEST: Final = 20
"""Prefix length of the smallest VPC in which a public subnet takes a load balancer."""

ZONE_LETTERS: Final = "abcdef"
"""Letters of availability zones: no region has more than six."""

_ZONE: Final = re.compile(r"(?P<region>[a-z]{2}(-[a-z]+)+-\d)(?P<letter>[a-z])")
_PUBLIC_PART: Final = 6
_ISOLATED_PART: Final = 7
_CONTROL_PLANE_PREFIX: Final = 28
"""The smallest subnet that AWS makes, and as large as EKS recommends at least."""


class Tier(StrEnum):
    """What the subnets of a tier are for, and where their traffic may go."""

    PUBLIC = "public"
    """Load balancers and NAT gateways: a route to and from the internet."""
    PRIVATE = "private"
    """Nodes and pods: out through NAT, nothing in."""
    ISOLATED = "isolated"
    """Databases: no route out of the VPC."""
    CONTROL_PLANE = "control-plane"
    """The network interfaces of the EKS control plane: no route out of the VPC."""


@final
class LayoutError(SeawallError, ValueError):
    """No layout is possible for this VPC or these zones."""


@final
@dataclass(frozen=True, slots=True, order=True)
class Zone:
    """An availability zone, such as us-east-1a."""

    name: str
    region: str
    letter: str

    @staticmethod
    def parse(name: str) -> "Zone":
        """The zone of that name. Raises ``LayoutError`` if it is none, or a local zone."""
        match = _ZONE.fullmatch(name)
        if match is None:
            raise LayoutError(
                f"'{name}' is not the name of an availability zone. Name it like us-east-1a; "
                "local and wavelength zones are not supported."
            )
        if match["letter"] not in ZONE_LETTERS:
            raise LayoutError(
                f"zone '{name}' has no place in the layout, which keeps one for each of the "
                f"letters {ZONE_LETTERS[0]} to {ZONE_LETTERS[-1]}. Choose another zone."
            )
        return Zone(name, match["region"], match["letter"])

    @property
    def key(self) -> str:
        """What names its resources: digit and letter, such as ``1a``."""
        return self.name[len(self.region) - 1 :]


def parse_zones(names: Sequence[str]) -> tuple[Zone, ...]:
    """The zones, in the order given. Raises ``LayoutError`` unless they are of one region."""
    zones = tuple(Zone.parse(name) for name in names)
    if not zones:
        raise LayoutError("no availability zone is named. Name at least two, such as us-east-1a.")
    if len(set(zones)) < len(zones):
        raise LayoutError(f"a zone is named twice in {', '.join(names)}. Name each zone once.")
    regions = sorted({zone.region for zone in zones})
    if len(regions) > 1:
        raise LayoutError(
            f"the zones are of several regions: {', '.join(regions)}. A VPC lies in one region; "
            "name zones of one."
        )
    return zones


def check_vpc(vpc: IPv4Network) -> IPv4Network:
    """The VPC's range itself if a layout fits into it. Raises ``LayoutError`` if not."""
    if not LARGEST <= vpc.prefixlen <= SMALLEST:
        raise LayoutError(
            f"{vpc} is a /{vpc.prefixlen}, but the subnets need a VPC of /{LARGEST} to "
            f"/{SMALLEST}. Choose a range such as 10.20.0.0/16."
        )
    return vpc


def subnet_cidr(vpc: IPv4Network, tier: Tier, letter: str) -> IPv4Network:
    """The range of the subnet of one tier in the zone with that letter.

    Depends on nothing else. Raises ``LayoutError`` if the VPC is too large or too small.
    """
    check_vpc(vpc)
    slot = ZONE_LETTERS.index(letter)
    part = vpc.prefixlen + 3
    if tier is Tier.PRIVATE:
        return _nth(vpc, part, slot)
    if tier is Tier.ISOLATED:
        return _nth(_nth(vpc, part, _ISOLATED_PART), part + 3, slot)
    first_half, second_half = _nth(vpc, part, _PUBLIC_PART).subnets()
    if tier is Tier.PUBLIC:
        return _nth(first_half, part + 4, slot)
    return _nth(second_half, _CONTROL_PLANE_PREFIX, slot)


def _nth(network: IPv4Network, prefix: int, index: int) -> IPv4Network:
    return next(islice(network.subnets(new_prefix=prefix), index, None))
