"""AWS regions and their availability zones.

A plan must not depend on a look-up, so zones are chosen from this table or named in the settings.
Which letters an account sees can differ in old regions (us-west-1, ap-northeast-1): then name the
zones. So too where one of the first is a zone without EKS, whose letter differs by account: its ID
is use1-az3, usw1-az2 or cac1-az3 (``aws ec2 describe-availability-zones``;
https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).

Source: AWS Global Infrastructure, "Availability Zones",
https://docs.aws.amazon.com/global-infrastructure/latest/regions/
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _zones(region: str, letters: str) -> tuple[str, ...]:
    return tuple(region + letter for letter in letters)


_LETTERS: Final = {
    "us-east-1": "abcdef",
    "us-west-1": "ac",
    "us-west-2": "abcd",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
} | dict.fromkeys(
    (
        "us-east-2",
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-south-1",
        "ap-south-2",
        "ap-northeast-3",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-gov-east-1",
        "us-gov-west-1",
    ),
    "abc",
)

ZONES_BY_REGION: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {region: _zones(region, letters) for region, letters in sorted(_LETTERS.items())},
)
"""Zone names by region, in the order of their letters."""
