"""Eventual consistency: what a call has just made, and which calls name it.

Of EC2 the ids in an answer count, of other services ARNs and names too. A thing is known to the
service that made it alone: other services have errors of their own for what they do not see.
"""

import re
from typing import Final

from seawall_sandbox.emulator.calls import Call

_MAKES: Final = re.compile(r"(?:Create|Run|Allocate|Request|Register|Import)(\w+)")
_IDS: Final = re.compile(
    r"\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}\b"  # vpc-0123456789abcdef0
    r"|arn:aws[\w-]*:[^\s\"'<>]+"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # keys of KMS
)
_SEARCHES: Final = ("filter", "prefix")
"""In the place of a text: the call looks for it, and finding nothing is no error."""

_EC2_CODES: Final = {
    "eipalloc": "InvalidAllocationID.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "fl": "InvalidFlowLogId.NotFound",
    "i": "InvalidInstanceID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "lt": "InvalidLaunchTemplateId.NotFound",
    "nat": "NatGatewayNotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "sgr": "InvalidSecurityGroupRuleId.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vpc": "InvalidVpcID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
}
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
_ELB_CODES: Final = {
    "listener": "ListenerNotFound",
    "listener-rule": "RuleNotFound",
    "loadbalancer": "LoadBalancerNotFound",
    "targetgroup": "TargetGroupNotFound",
}
_CODES: Final = {
    "cloudtrail": "TrailNotFoundException",
    "ecr": "RepositoryNotFoundException",
    "iam": "NoSuchEntity",
    "kms": "NotFoundException",
    "s3": "NoSuchBucket",
    "ssm": "ParameterNotFound",
}


class Fresh:
    """What has been made lately, by service. Not thread safe."""

    def __init__(self) -> None:
        self._made: set[tuple[str, str]] = set()

    def add(self, call: Call, answer: bytes) -> None:
        """Take in what a call that succeeded has made."""
        makes = _MAKES.fullmatch(call.operation)
        if makes is None:
            return
        given = {text for _, text in call.parameters}
        found = set(_IDS.findall(answer.decode("utf-8", "replace"))) - given
        names = {"name", f"{makes[1]}name".lower()}
        found |= {text for key, text in call.parameters if key.lower() in names}
        if call.operation == "CreateBucket":
            found |= {text for key, text in call.parameters if key == "path"}
        self._made |= {(call.service, text) for text in found}

    def named_by(self, call: Call) -> tuple[str, bool]:
        """The fresh thing that a call names, or an empty text; whether it only searches for it."""
        named = [(key, text) for key, text in call.parameters if (call.service, text) in self._made]
        makes = _MAKES.fullmatch(call.operation)
        if makes is not None:
            own = {"name", f"{makes[1]}name".lower()}
            named = [(key, text) for key, text in named if key.lower() not in own]
        outright = [text for key, text in named if not _is_search(key)]
        if outright:
            return outright[0], False
        return (named[0][1], True) if named else ("", False)


def code_of(service: str, text: str) -> str:
    """The code with which a service says that it does not have a thing."""
    if service == "ec2":
        return _EC2_CODES.get(text.rpartition("-")[0], "InvalidID.NotFound")
    if service == "elbv2":
        kind = text.rpartition(":")[2].partition("/")[0]
        return _ELB_CODES.get(kind, "LoadBalancerNotFound")
    return _CODES.get(service, "ResourceNotFoundException")


def _is_search(place: str) -> bool:
    return any(word in place.lower() for word in _SEARCHES)
