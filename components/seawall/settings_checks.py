"""What holds between settings, beyond the type of each: every problem at once. Pure.

Paths are those of the stack file, below ``config``.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Final

from seawall.errors import Problem, did_you_mean
from seawall.instance_types import architecture_of
from seawall.regions import ZONES_BY_REGION
from seawall.retention import RETENTION_DAYS, retention_problem
from seawall.settings import PlatformSettings

PLATFORM: Final = "config.seawall:platform"
REGION: Final = "config.aws:region"

_PRIVATE: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)
"""RFC 1918."""

_IAM: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:")
_PERSON_OR_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/")
"""EKS takes no assumed role, group or account in an access entry.

https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""

_RESERVED_BY_DOCKER: Final = IPv4Network("172.17.0.0/16")
"""EKS nodes and AWS services such as Cloud9 use Docker's default bridge range.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
"""


def check_region(region: str, file: str) -> Iterator[Problem]:
    """Whether the region is one that we know the zones of."""
    if region not in ZONES_BY_REGION:
        yield Problem(
            file,
            REGION,
            f"'{region}' is not an AWS region known here.",
            did_you_mean(region, ZONES_BY_REGION),
        )


def check_platform(platform: PlatformSettings, region: str, file: str) -> Iterator[Problem]:
    """Everything that can be decided about the settings of one stack, given a known region."""
    yield from _check_zones(platform, region, file)
    yield from _check_addresses(platform, file)
    yield from _check_retention(platform, file)
    yield from _check_arns(platform, region, file)
    yield from _check_nodes(platform, file)
    yield from _check_tags(platform, file)
    if platform.network.nat == "none":
        yield Problem(
            file,
            f"{PLATFORM}.network.nat",
            "without NAT the nodes of an EKS cluster cannot reach the registry or the EKS API.",
            "Set single (cheaper) or per-zone (survives the loss of a zone).",
        )


def _check_zones(platform: PlatformSettings, region: str, file: str) -> Iterator[Problem]:
    path = f"{PLATFORM}.network.zones"
    known = ZONES_BY_REGION[region]
    zones = platform.network.zones
    if isinstance(zones, int):
        if zones > len(known):
            yield Problem(
                file,
                path,
                f"{zones} zones are asked for, but {region} has {len(known)}: {', '.join(known)}.",
                f"Ask for at most {len(known)}.",
            )
        return
    for index, zone in enumerate(zones):
        if not zone.startswith(region) or zone[len(region) :] not in tuple("abcdef"):
            yield Problem(
                file,
                f"{path}[{index}]",
                f"'{zone}' is no zone of {region}.",
                did_you_mean(zone, known),
            )
    if len(set(zones)) < len(zones):
        yield Problem(file, path, "a zone is named twice.", "Name each zone once.")
    if len(set(zones)) == 1:
        yield Problem(
            file, path, "one zone is not enough: EKS needs two.", "Name at least two zones."
        )
    if not zones or len(set(zones)) > 6:
        yield Problem(
            file, path, f"{len(zones)} zones are named; 2 to 6 are possible.", "Name 2 to 6 zones."
        )


def _check_addresses(platform: PlatformSettings, file: str) -> Iterator[Problem]:
    network, cluster = platform.network, platform.cluster
    places = {
        "network.cidr": network.cidr,
        "cluster.serviceCidr": cluster.service_cidr,
    } | {f"network.peerCidrs[{index}]": cidr for index, cidr in enumerate(network.peer_cidrs)}
    if not 16 <= network.cidr.prefixlen <= 20:
        yield Problem(
            file,
            f"{PLATFORM}.network.cidr",
            f"{network.cidr} is a /{network.cidr.prefixlen}; the subnets need a /16 to /20.",
            "Choose a range such as 10.20.0.0/16.",
        )
    if not 12 <= cluster.service_cidr.prefixlen <= 24:
        yield Problem(
            file,
            f"{PLATFORM}.cluster.serviceCidr",
            f"{cluster.service_cidr} has another size than EKS takes: /12 to /24.",
            "Choose a range such as 172.20.0.0/16.",
        )
    for name in ("network.cidr", "cluster.serviceCidr"):
        if not any(places[name].subnet_of(block) for block in _PRIVATE):
            yield Problem(
                file,
                f"{PLATFORM}.{name}",
                f"{places[name]} is not within the private ranges of RFC 1918.",
                "Choose a range within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
            )
        if places[name].overlaps(_RESERVED_BY_DOCKER):
            yield Problem(
                file,
                f"{PLATFORM}.{name}",
                f"{places[name]} overlaps with {_RESERVED_BY_DOCKER}, Docker's own bridge.",
                "Choose another range.",
            )
    for (left, first), (right, second) in combinations(places.items(), 2):
        if first.overlaps(second):
            yield Problem(
                file,
                f"{PLATFORM}.{right}",
                f"{second} overlaps with {left} ({first}).",
                "Choose ranges that have no address in common.",
            )


def _check_retention(platform: PlatformSettings, file: str) -> Iterator[Problem]:
    for path, days in (
        ("network.flowLogRetentionDays", platform.network.flow_log_retention_days),
        ("cluster.logRetentionDays", platform.cluster.log_retention_days),
    ):
        if days not in RETENTION_DAYS:
            yield Problem(file, f"{PLATFORM}.{path}", *retention_problem(days))


def _check_arns(platform: PlatformSettings, region: str, file: str) -> Iterator[Problem]:
    certificate = platform.ingress.certificate_arn
    if certificate is not None:
        path = f"{PLATFORM}.ingress.certificateArn"
        service, where = certificate.split(":")[2:4]
        if service != "acm":
            yield Problem(
                file,
                path,
                f"{certificate} belongs to {service}; a load balancer takes a certificate of acm.",
                "Give the ARN of an ACM certificate.",
            )
        elif where != region:
            yield Problem(
                file,
                path,
                f"the certificate is in {where}, the platform in {region}; ACM is regional.",
                f"Issue or import the certificate in {region}.",
            )
    principals = {
        "registry.pushPrincipals": platform.registry.push_principals,
        "registry.pullPrincipals": platform.registry.pull_principals,
        "cluster.admins": platform.cluster.admins,
        "cluster.viewers": platform.cluster.viewers,
    }
    for path, arns in principals.items():
        kind = _PERSON_OR_ROLE if path.startswith("cluster.") else _IAM
        for index, arn in enumerate(arns):
            if not kind.match(arn):
                yield Problem(
                    file,
                    f"{PLATFORM}.{path}[{index}]",
                    f"{arn} is not an IAM principal that can stand here.",
                    "Give a role's ARN, such as arn:aws:iam::111122223333:role/platform-admin.",
                )
    both = sorted(set(platform.cluster.admins) & set(platform.cluster.viewers))
    if both:
        yield Problem(
            file,
            f"{PLATFORM}.cluster.viewers",
            f"{both[0]} is among the admins too; EKS has one access entry for a principal.",
            "Name it once.",
        )


def _check_nodes(platform: PlatformSettings, file: str) -> Iterator[Problem]:
    nodes = platform.cluster.nodes
    for index, instance_type in enumerate(nodes.instance_types):
        has = architecture_of(instance_type)
        if has != nodes.architecture:
            yield Problem(
                file,
                f"{PLATFORM}.cluster.nodes.instanceTypes[{index}]",
                f"{instance_type} is {has}, but architecture says {nodes.architecture}.",
                f"Set architecture: {has}, or choose another type.",
            )


def _check_tags(platform: PlatformSettings, file: str) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
    path = f"{PLATFORM}.tags"
    if len(platform.tags) > 40:
        yield Problem(
            file,
            path,
            f"{len(platform.tags)} tags are given; AWS takes 50, and ten are reserved here.",
            "Give at most 40.",
        )
    for key, value in platform.tags.items():
        if key.lower().startswith("aws:"):
            yield Problem(
                file,
                f"{path}.{key}",
                "tag keys that begin with 'aws:' are AWS's own.",
                "Rename it.",
            )
        if key == "Name":
            yield Problem(
                file, f"{path}.Name", "'Name' is set by Seawall on each resource.", "Remove it."
            )
        if not 1 <= len(key) <= 128 or len(value) > 256:
            yield Problem(
                file,
                f"{path}.{key}",
                "a tag key has 1 to 128 characters and a value at most 256.",
                "Shorten it.",
            )
