"""Taking over a stack that the stock CLI exported.

The counterpart of ``pulumi stack import`` (pkg/cmd/pulumi/stack/stack_import.go and
pkg/resource/deploy/snapshot.go of pulumi/pulumi), but stricter: nothing is repaired on the way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.envelope import read_envelope
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.engine.serialize import Codec, Deployment, order, without_aliases

_UNTOUCHED: Final = "Nothing was touched."
_SHOWN: Final = 5
"""How many of many equal problems an error names."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A deployment from elsewhere, checked."""

    deployment: Deployment
    salt: str | None


def read_export(
    raw: bytes, what: str, *, stack: str, project: str, passphrase: Callable[[], str]
) -> Imported:
    """What ``pulumi stack export`` wrote, with ``--show-secrets`` or without.

    ``what``: how errors call it. Raises ``UsageError`` unless it is whole, in a format that this
    engine knows, of this stack and project, and sealed with this passphrase or not at all.
    """
    try:
        return _read(raw, what, stack=stack, project=project, passphrase=passphrase)
    except EngineError as error:
        raise UsageError(f"{error.message} {_UNTOUCHED}", urn=error.urn) from error


def _read(
    raw: bytes, what: str, *, stack: str, project: str, passphrase: Callable[[], str]
) -> Imported:
    found = read_envelope(raw, what, "make it with `pulumi stack export --file FILE`.")
    entries: list[dict[str, Any]] = found.deployment.get("resources") or []
    pending: list[dict[str, Any]] = found.deployment.get("pending_operations") or []
    if pending:
        listing = _listed(f"{one['type']} {one['resource']['urn']}" for one in pending)
        raise UsageError(
            f"{what} has operations that were cut short: {listing}. Let the engine that has the "
            "stack finish them (`pulumi up`, or `pulumi refresh --clear-pending-creates`), and "
            "export it again."
        )
    if not entries:
        raise UsageError(f"{what} has no resources: export the stack after its first `pulumi up`.")
    _check_names([entry["urn"] for entry in entries], what, stack, project)
    # At once, so that a wrong passphrase is told also when the stack holds no secret.
    secrets = PassphraseSecrets(passphrase(), found.salt) if found.salt is not None else None

    def unseal(sealed: str) -> str:
        if secrets is None:
            raise UsageError(f"{what} has secrets, but does not say what seals them.")
        return secrets.decrypt(sealed)

    codec = Codec(lambda text: text, unseal)
    states = without_aliases([codec.state(entry) for entry in entries])
    _check_references(states, what)
    return Imported(Deployment(order(states)), found.salt)


def _check_names(names: list[str], what: str, stack: str, project: str) -> None:
    found = sorted({(urn.project, urn.stack) for urn in map(urns.parse, names)})
    if found != [(project, stack)]:
        told = ", ".join(
            f"{its_stack} of the project {its_project}" for its_project, its_stack in found
        )
        raise UsageError(
            f"{what} is of the stack {told}, not of {stack} of {project}: name that stack with "
            "--stack, in its project's directory, or rename it first with `pulumi stack rename`."
        )


def _check_references(states: list[State], what: str) -> None:
    known = {state.urn for state in states}
    lost = {
        urn
        for state in states
        for urn in (*state.needs(), state.parent)
        if urn and urn not in known and urn not in (state.deleted_with, *state.replace_with)
    }
    if lost:
        raise UsageError(
            f"{what} refers to resources that it does not have: {_listed(sorted(lost))}. Repair "
            "it with `pulumi state repair`, and export it again."
        )


def _listed(texts: Iterable[str]) -> str:
    listing = list(texts)
    more = len(listing) - _SHOWN
    return ", ".join(listing[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
