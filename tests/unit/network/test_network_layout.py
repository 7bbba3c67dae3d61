"""The layout must never move: a subnet with another range is another subnet."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.network.layout import (
    ZONE_LETTERS,
    LayoutError,
    Tier,
    Zone,
    parse_zones,
    subnet_cidr,
)
from seawall.regions import ZONES_BY_REGION

vpcs = st.integers(16, 20).flatmap(
    lambda prefix: st.integers(0, 2 ** (prefix - 8) - 1).map(
        lambda index: IPv4Network(((10 << 24) + (index << (32 - prefix)), prefix))
    )
)

GOLDEN = {
    "10.20.0.0/16": {
        Tier.PUBLIC: "192.0/23 194.0/23 196.0/23 198.0/23 200.0/23 202.0/23",
        Tier.PRIVATE: "0.0/19 32.0/19 64.0/19 96.0/19 128.0/19 160.0/19",
        Tier.ISOLATED: "224.0/22 228.0/22 232.0/22 236.0/22 240.0/22 244.0/22",
        Tier.CONTROL_PLANE: "208.0/28 208.16/28 208.32/28 208.48/28 208.64/28 208.80/28",
    },
    "10.20.128.0/17": {
        Tier.PUBLIC: "224.0/24 225.0/24 226.0/24 227.0/24 228.0/24 229.0/24",
        Tier.PRIVATE: "128.0/20 144.0/20 160.0/20 176.0/20 192.0/20 208.0/20",
        Tier.ISOLATED: "240.0/23 242.0/23 244.0/23 246.0/23 248.0/23 250.0/23",
        Tier.CONTROL_PLANE: "232.0/28 232.16/28 232.32/28 232.48/28 232.64/28 232.80/28",
    },
    "10.20.64.0/18": {
        Tier.PUBLIC: "112.0/25 112.128/25 113.0/25 113.128/25 114.0/25 114.128/25",
        Tier.PRIVATE: "64.0/21 72.0/21 80.0/21 88.0/21 96.0/21 104.0/21",
        Tier.ISOLATED: "120.0/24 121.0/24 122.0/24 123.0/24 124.0/24 125.0/24",
        Tier.CONTROL_PLANE: "116.0/28 116.16/28 116.32/28 116.48/28 116.64/28 116.80/28",
    },
    "10.20.32.0/19": {
        Tier.PUBLIC: "56.0/26 56.64/26 56.128/26 56.192/26 57.0/26 57.64/26",
        Tier.PRIVATE: "32.0/22 36.0/22 40.0/22 44.0/22 48.0/22 52.0/22",
        Tier.ISOLATED: "60.0/25 60.128/25 61.0/25 61.128/25 62.0/25 62.128/25",
        Tier.CONTROL_PLANE: "58.0/28 58.16/28 58.32/28 58.48/28 58.64/28 58.80/28",
    },
    "10.20.16.0/20": {
        Tier.PUBLIC: "28.0/27 28.32/27 28.64/27 28.96/27 28.128/27 28.160/27",
        Tier.PRIVATE: "16.0/23 18.0/23 20.0/23 22.0/23 24.0/23 26.0/23",
        Tier.ISOLATED: "30.0/26 30.64/26 30.128/26 30.192/26 31.0/26 31.64/26",
        Tier.CONTROL_PLANE: "29.0/28 29.16/28 29.32/28 29.48/28 29.64/28 29.80/28",
    },
}
"""Ranges by tier, in the order of the zone letters, without the leading 10.20."""


@pytest.mark.parametrize(
    ("vpc", "tier"), [(vpc, tier) for vpc, tiers in GOLDEN.items() for tier in tiers]
)
def test_no_subnet_ever_moves(vpc: str, tier: Tier) -> None:
    ranges = [str(subnet_cidr(IPv4Network(vpc), tier, letter)) for letter in ZONE_LETTERS]
    assert ranges == [f"10.20.{short}" for short in GOLDEN[vpc][tier].split()]


def _all(vpc: IPv4Network) -> list[IPv4Network]:
    return [subnet_cidr(vpc, tier, letter) for tier in Tier for letter in ZONE_LETTERS]


@given(vpcs)
def test_subnets_lie_inside_and_apart(vpc: IPv4Network) -> None:
    subnets = _all(vpc)
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))


@given(vpcs)
def test_subnets_are_as_large_as_their_users_need(vpc: IPv4Network) -> None:
    for letter in ZONE_LETTERS:
        assert subnet_cidr(vpc, Tier.PUBLIC, letter).prefixlen <= 27
        assert subnet_cidr(vpc, Tier.CONTROL_PLANE, letter).num_addresses >= 16
        private = subnet_cidr(vpc, Tier.PRIVATE, letter)
        assert private.num_addresses * 8 == vpc.num_addresses


@given(vpcs)
def test_room_is_kept_for_tiers_to_come(vpc: IPv4Network) -> None:
    used = sum(subnet.num_addresses for subnet in _all(vpc))
    assert vpc.num_addresses - used >= vpc.num_addresses // 16


@given(vpcs, st.sampled_from(Tier), st.sampled_from(ZONE_LETTERS), st.integers(0, 255))
def test_the_layout_shifts_with_the_vpc(
    vpc: IPv4Network, tier: Tier, letter: str, shift: int
) -> None:
    # The same place in every VPC of a size: only the start differs.
    other = IPv4Network(((11 << 24) + (shift << 16), vpc.prefixlen))
    mine, theirs = (subnet_cidr(network, tier, letter) for network in (vpc, other))
    assert mine.prefixlen == theirs.prefixlen
    assert int(mine.network_address) - int(vpc.network_address) == int(
        theirs.network_address
    ) - int(other.network_address)


@pytest.mark.parametrize("vpc", ["10.0.0.0/15", "10.0.0.0/21", "10.0.0.0/28"])
def test_vpcs_without_room_are_refused(vpc: str) -> None:
    with pytest.raises(LayoutError, match=f"{vpc} is a .* need a VPC of /16 to /20"):
        subnet_cidr(IPv4Network(vpc), Tier.PRIVATE, "a")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("us-east-1", "not the name"),
        ("us-east-1-bos-1a", "not the name"),
        ("use1-az1", "not the name"),
        ("us-east-1a ", "not the name"),
        ("us-east-1g", "letters a to f"),
    ],
)
def test_other_names_are_no_zones(name: str, why: str) -> None:
    with pytest.raises(LayoutError, match=why):
        Zone.parse(name)


def test_every_known_zone_has_a_place() -> None:
    for region, names in ZONES_BY_REGION.items():
        for name in names:
            zone = Zone.parse(name)
            assert (zone.region, zone.name) == (region, name)
            assert region.rpartition("-")[0] + "-" + zone.key == name


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "no availability zone is named"),
        (["us-east-1a", "us-east-1a"], "named twice"),
        (["us-east-1a", "us-west-2a"], "several regions: us-east-1, us-west-2"),
    ],
)
def test_zones_that_make_no_network(names: list[str], why: str) -> None:
    with pytest.raises(LayoutError, match=why):
        parse_zones(names)


def test_zones_keep_the_order_given() -> None:
    assert [zone.key for zone in parse_zones(["us-east-1c", "us-east-1a"])] == ["1c", "1a"]
