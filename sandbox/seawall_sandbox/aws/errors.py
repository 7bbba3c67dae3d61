"""AWS errors, told so that the user knows what, where, why and what to do."""

from collections.abc import Mapping
from typing import Any, cast

# botocore ships no type stubs. Others take its errors from here.
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from seawall_sandbox.aws.lost import THROTTLING, call_of
from seawall_sandbox.protocol import ProviderError

__all__ = [
    "IN_USE",
    "BotoCoreError",
    "ClientError",
    "UndecidedError",
    "code_of",
    "explain",
    "is_gone",
    "refusal",
]

_GONE_SUFFIXES = (".NotFound", "NotFoundException", "NotFoundFault")
_GONE = frozenset(
    {
        "NoSuchEntity",
        "NotFound",
        "ResourceNotFound",
        "NoSuchBucket",
        "NoSuchHostedZone",
        "NoSuchTagSet",
        "LoadBalancerNotFound",
        "TargetGroupNotFound",
        "ListenerNotFound",
        "RuleNotFound",
        "ParameterNotFound",
        "InvalidAllocationID.NotFound",
        "NatGatewayNotFound",
        "InvalidNetworkInterfaceID.NotFound",
    }
)
IN_USE = frozenset(
    {
        "DependencyViolation",
        "DeleteConflict",
        "ResourceInUse",
        "ResourceInUseException",
        "InvalidIPAddress.InUse",
        "VolumeInUse",
        "InUse",
    }
)
"""Codes that say: not now, something still uses it."""

_CURES: Mapping[str, str] = {
    "DependencyViolation": "Delete what still uses it first, or declare the dependency.",
    "DeleteConflict": "Detach or delete what still uses it first, or declare the dependency.",
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
        "Give the caller that permission, then run again.",
    ),
    **dict.fromkeys(
        THROTTLING,
        "Run again in a while: what was done is kept. aws:maxRetries is how often calls are made.",
    ),
    "EntityAlreadyExists": "Choose another name, or import the one that exists.",
    "RepositoryAlreadyExistsException": "Choose another name, or import the one that exists.",
    "ResourceInUseException": "Choose another name, or wait until what uses it is gone.",
    "InvalidGroup.Duplicate": "Choose another name, or import the one that exists.",
    "InvalidPermission.Duplicate": "Keep one of the two rules.",
    "InvalidSubnet.Conflict": "Choose a CIDR block that no other subnet of the VPC overlaps.",
    "InvalidSubnet.Range": "Choose a CIDR block within the VPC's own.",
    "RouteAlreadyExists": "Keep one of the two routes.",
    "NotImplemented": "The emulator lacks this call: see `seawall sandbox coverage`.",
    "InternalFailure": "The emulator failed: see its log in the sandbox's state directory.",
    "500": "The emulator failed: see its log in the sandbox's state directory.",
}


class UndecidedError(Exception):
    """What an interrupted create left cannot be told: what is there may be another's."""


def refusal(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """The error that boto3 raises when AWS refuses a call: for what the emulator lets pass."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": status,
            "RequestId": "checked-by-the-sandbox",
            "HTTPHeaders": {},
            "RetryAttempts": 0,
            "HostId": "",
        },
    }
    return ClientError(response, operation)


def code_of(error: BaseException) -> str:
    """The AWS error code, or an empty string when it is no AWS error."""
    if isinstance(error, ClientError):
        return str(_details(error).get("Code", ""))
    return ""


def is_gone(error: BaseException) -> bool:
    """Whether the error says that the resource does not exist."""
    code = code_of(error)
    if code == "InvalidPermission.NotFound":  # a rule of the group, not the group
        return False
    return code in _GONE or code.endswith(_GONE_SUFFIXES)


_AGAIN = "Run again in a while: what was done is kept."
_SERVER_ERROR = 500


def explain(error: Exception, *, action: str, type_: str, name: str) -> ProviderError:
    """One message: what was tried on what, which call failed, why, and the cure."""
    happened, cure = what_happened(error)
    return ProviderError(f"Could not {action} {type_} {name!r}: {happened}{cure and f'. {cure}'}")


def what_happened(error: Exception) -> tuple[str, str]:
    """Which call failed and why, with AWS's request id; and the cure, as sentences."""
    call, attempts = call_of(error)
    tried = f" {attempts} times" if attempts > 1 else ""
    if isinstance(error, ClientError):
        details = _details(error)
        code, reason = code_of(error), str(details.get("Message", "")).strip().rstrip(".")
        answer = _response(error).get("ResponseMetadata", {})
        identifier = answer.get("RequestId", "unknown")
        broken = answer.get("HTTPStatusCode") == _SERVER_ERROR
        said = f"{call}{tried} with {code}: {reason} (request id {identifier})"
        if broken:
            return f"AWS failed in {said}", _AGAIN
        cure = _CURES.get(code, "Correct the inputs that it names, then run again.")
        return f"AWS refused {said}", cure
    if isinstance(error, EndpointConnectionError):
        return (
            f"the emulator does not answer{f' {call}' if call else ''} ({error})",
            "Start it again with `seawall sandbox emulator start`, then run again.",
        )
    if call:
        how = "did not answer" if isinstance(error, ReadTimeoutError) else "broke off"
        reason = str(error).rstrip(".")
        return f"AWS {how} {call}{tried} (no answer, so no request id: {reason})", _AGAIN
    if isinstance(error, BotoCoreError):
        return str(error).rstrip("."), "Correct the inputs that it names, then run again."
    return str(error), ""


def _response(error: ClientError) -> Mapping[str, Any]:
    return cast("Any", error).response


def _details(error: ClientError) -> Mapping[str, Any]:
    return _response(error).get("Error", {})
