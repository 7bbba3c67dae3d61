"""Calls whose answer is lost: nobody knows whether they took effect.

A status 500, a connection that breaks, or no answer in time say nothing about what AWS has done.
To repeat such a call is harmless if it only looks, if it can be done twice, or if AWS knows it
again by its client token: all this is left to boto3. A call that would make a second thing is not
repeated; whoever made it looks for the first one.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final, cast

# botocore ships no type stubs.
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    HTTPClientError,
)

from seawall_sandbox.aws.patience import Patience

THROTTLING: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes of calls that AWS refused for being too many, whatever their status: botocore's list."""
_FAILED: Final = frozenset({500, 502, 503, 504})
_LOOKING: Final = ("Describe", "Get", "Head", "List", "Lookup", "Search")
_MAKING: Final = ("Allocate", "Create", "Import", "Register", "Request", "Run")
_TOKENS: Final = ("ClientToken", "clientToken", "IdempotencyToken")
_LOST: Final = "seawall_answer_lost"


def watch(client: Any, patience: Patience) -> None:
    """Have a client note lost answers, keep from doubling, and send tokens wherever AWS takes one.

    boto3 adds tokens by itself where AWS's model asks for it; the real provider adds the others.
    Its retries are botocore's standard ones, less the quota with which a client of the SDK gives up
    when many calls fail: the real provider has none (``tokenBucketRateLimiterCapacity`` is 0).
    """
    from botocore.retries import standard  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    service = str(client.meta.service_model.service_id.hyphenize())
    adapter: Any = standard.RetryEventAdapter()
    detector: Any = standard.ThrottlingErrorDetector(adapter)
    policy: Any = standard.RetryPolicy(
        standard.StandardRetryConditions(patience.attempts),
        standard.ExponentialBackoff(
            cast("int", patience.longest_pause),
            service_name=service,
            throttling_detector=detector,
        ),
    )
    usual: Any = standard.RetryHandler(policy, adapter, _NoQuota(), service)

    def needs_retry(**given: Any) -> Any:
        return False if _note(**given) else usual.needs_retry(**given)

    events = client.meta.events
    events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
    events.register(f"needs-retry.{service}", needs_retry)
    events.register(f"provide-client-params.{service}", _with_token)


class _NoQuota:
    """In place of botocore's quota: a retry is always had."""

    def acquire_retry_quota(self, context: object) -> bool:
        """Whether there may be a retry."""
        del context
        return True


def is_lost(error: BaseException) -> bool:
    """Whether an attempt at the call that failed so may have taken effect."""
    return bool(_metadata(error).get(_LOST) or getattr(error, _LOST, False))


def call_of(error: BaseException) -> tuple[str, int]:
    """The AWS call that failed so, and how often it was made; an empty text if it is no call."""
    attempts: int = getattr(error, "attempts", _metadata(error).get("RetryAttempts", 0) + 1)
    return str(getattr(error, "operation_name", "")), attempts


def _metadata(error: BaseException) -> Mapping[str, Any]:
    """What AWS said beside the error."""
    if not isinstance(error, ClientError):
        return {}
    return cast("Any", error).response.get("ResponseMetadata", {})


def doubles(operation: Any) -> bool:
    """Whether the call, made twice, would make two things."""
    members: dict[str, Any] = {} if operation.input_shape is None else operation.input_shape.members
    known_again = bool(operation.idempotent_members) or any(name in members for name in _TOKENS)
    return str(operation.name).startswith(_MAKING) and not known_again


def _note(
    operation: Any,
    response: Any,
    caught_exception: Exception | None,
    request_dict: dict[str, Any],
    attempts: int,
    **_: object,
) -> bool:
    """Note what became of an attempt; whether another one could do double what was asked for."""
    context: dict[str, Any] = request_dict["context"]
    looks = str(operation.name).startswith(_LOOKING)
    unclear = not looks and _is_unclear(response, caught_exception)
    context[_LOST] = lost = context.get(_LOST, False) or unclear
    if response is not None:
        response[1].setdefault("ResponseMetadata", {})[_LOST] = lost
    elif isinstance(caught_exception, BotoCoreError):
        # boto3's errors of the network say neither which call it was nor how often it was made.
        told = {_LOST: lost, "operation_name": operation.name, "attempts": attempts}
        caught_exception.__dict__.update(told)
    return unclear and doubles(operation)


def _is_unclear(response: Any, caught: Exception | None) -> bool:
    """Whether this attempt may have taken effect although it failed."""
    if response is None:
        return isinstance(caught, HTTPClientError)  # others were never sent
    code = response[1].get("Error", {}).get("Code", "")
    return response[0].status_code in _FAILED and code not in THROTTLING


def _with_token(params: dict[str, Any], model: Any, **_: object) -> dict[str, Any] | None:
    """The arguments of a call with a client token that it lacks: called by botocore."""
    members: dict[str, Any] = {} if model.input_shape is None else model.input_shape.members
    makes = str(model.name).startswith(_MAKING)
    name = next((name for name in _TOKENS if name in members), None)
    if not makes or name is None or name in params or name in model.idempotent_members:
        return None
    return {**params, name: uuid.uuid4().hex}
