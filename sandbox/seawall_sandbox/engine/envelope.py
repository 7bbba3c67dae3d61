"""The outermost layer of a deployment: its format, what it needs, and who keeps its secrets.

``UntypedDeployment`` and ``DeploymentV3`` in sdk/go/common/apitype/core.go of pulumi/pulumi. Format
4 is 3 plus a list of features that a reader must know; it is written only where one is used
(pkg/resource/stack/deployment.go).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from seawall_sandbox.engine.errors import UnsupportedError, UsageError
from seawall_sandbox.engine.resource import State

_PLAIN: Final = 3
_WITH_FEATURES: Final = 4
_HOOKS: Final = "hooks"
_TAINT: Final = "taint"
_REPLACE_WITH: Final = "replaceWith"
_KNOWN: Final = frozenset({_HOOKS, _TAINT, _REPLACE_WITH})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A deployment as it was read."""

    deployment: dict[str, Any]
    salt: str | None
    """The passphrase manager's state, if the deployment has one."""


def read_envelope(raw: bytes, what: str, cure: str) -> Envelope:
    """What is in ``raw``; the words ``what`` it is and the ``cure`` go into errors.

    Raises ``UsageError`` for what is no deployment, ``UnsupportedError`` for one that asks for more
    than this engine has.
    """
    try:
        content: dict[str, Any] = json.loads(raw)
        deployment: dict[str, Any] = content.get("deployment") or {}
        version = content["version"]
        features: list[str] = content.get("features") or []
        resources: list[dict[str, Any]] = deployment.get("resources") or []
        pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
        entries = [*resources, *(operation["resource"] for operation in pending)]
        sound = all(isinstance(entry["urn"], str) and entry["type"] for entry in entries)
        provider: dict[str, Any] = deployment.get("secrets_providers") or {}
        kind = provider.get("type") or "passphrase"
        keeper: Any = provider.get("state") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{what} is not a Pulumi deployment: {cure}") from error
    if version not in (_PLAIN, _WITH_FEATURES):
        raise UnsupportedError(
            f"{what} has the format version {version}; this engine reads {_PLAIN} and "
            f"{_WITH_FEATURES}."
        )
    lacking = sorted(set(features) - _KNOWN)
    if lacking:
        raise UnsupportedError(
            f"{what} needs {', '.join(lacking)}, which this engine does not have: use the stock "
            "pulumi CLI for it."
        )
    if kind != "passphrase":
        raise UnsupportedError(
            f"The secrets of {what} are kept by {kind}; this engine has the passphrase manager "
            "alone. Change it with `pulumi stack change-secrets-provider passphrase`."
        )
    if not sound or not isinstance(keeper, dict):
        raise UsageError(f"{what} is not a Pulumi deployment: {cure}")
    return Envelope(deployment, cast("dict[str, Any]", keeper).get("salt"))


def envelope(deployment: dict[str, Any], states: Iterable[State]) -> dict[str, Any]:
    """The whole file of a deployment that has these resources."""
    features: set[str] = set()
    for state in states:
        if state.hooks:
            features.add(_HOOKS)
        if state.taint:
            features.add(_TAINT)
        if state.replace_with:
            features.add(_REPLACE_WITH)
    if not features:
        return {"version": _PLAIN, "deployment": deployment}
    return {
        "version": _WITH_FEATURES,
        "features": sorted(features),
        "deployment": deployment,
    }
