"""What is compared of a run: nothing that differs from one run of the same engine to the next.

Times, the random ids of provider resources, positions in the source and ciphertexts go; secrets are
opened, and stay marked.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.values import (
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    UNKNOWN_STRINGS,
    ResourceReference,
    Secret,
)

UNKNOWN_TEXT: Final = "(unknown)"
SECRET_TEXT: Final = "[secret]"  # noqa: S105  # a mark
"""How the stock engine's events show a secret."""
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_DROPPED: Final = frozenset({"created", "modified", "sourcePosition", "stackTrace"})
_SETS: Final = ("dependencies", "replaceWith", "additionalSecretOutputs")


def state(deployment: Mapping[str, Any], passphrase: str) -> list[dict[str, Any]]:
    """The resources of a deployment (version 3), by URN."""
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    opened: list[PassphraseSecrets] = []

    def unseal(sealed: str) -> str:
        if not opened:
            salt = deployment["secrets_providers"]["state"]["salt"]
            opened.append(PassphraseSecrets(passphrase, salt))
        return opened[0].decrypt(sealed)

    entries = [_entry(resource, unseal) for resource in resources]
    return sorted(entries, key=lambda entry: (entry["urn"], bool(entry.get("delete"))))


def pending(deployment: Mapping[str, Any]) -> list[str]:
    """The operations that a deployment says were cut short."""
    operations: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return sorted(f"{entry['type']} {entry['resource']['urn']}" for entry in operations)


def _entry(resource: Mapping[str, Any], unseal: Callable[[str], str]) -> dict[str, Any]:
    entry = {
        key: _opened(value, unseal)
        for key, value in resource.items()
        if value and key not in _DROPPED
    }
    for key in _SETS:
        if key in entry:
            entry[key] = sorted(entry[key])
    if "propertyDependencies" in entry:
        # An empty list says what a missing one says; a refresh of the stock engine drops it.
        entry["propertyDependencies"] = {
            key: sorted(urns) for key, urns in entry["propertyDependencies"].items() if urns
        }
    return {key: value for key, value in entry.items() if value}


def _opened(value: Any, unseal: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_opened(item, unseal) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if fields.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return {"(secret)": _opened(json.loads(unseal(fields["ciphertext"])), unseal)}
        return {key: _opened(item, unseal) for key, item in fields.items()}
    return _text(value)


def shown(value: Any) -> Any:
    """A value of a run, of either engine, without what is secret, random or internal."""
    if isinstance(value, Secret):
        return SECRET_TEXT
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, ResourceReference):
        return _text(value.urn)
    if isinstance(value, list):
        return [shown(item) for item in cast("list[Any]", value)]
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        if fields.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return SECRET_TEXT
        return {key: shown(item) for key, item in fields.items()}
    return _text(value)


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in UNKNOWN_STRINGS:
        return UNKNOWN_TEXT
    return _UUID.sub("(uuid)", value)


def step(op: str, urn: str, reasons: Iterable[str], changed: Iterable[str]) -> dict[str, Any]:
    """One step. What a replacement is made for stands in its ``reasons``."""
    found: dict[str, Any] = {"op": op, "urn": urn}
    if reasons := sorted(reasons):
        found["reasons"] = reasons
    if changed := sorted(changed):
        found["changed"] = changed
    return found
