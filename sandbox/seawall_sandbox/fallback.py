"""What the sandbox has no emulation of: listed all at once, or kept as recorded only.

A ``FallbackProvider`` stands before a package's provider. What that provider has goes through
untouched. What it has not is noted in a ``Ledger``: the survey of a preview goes on to the end of
the program and lists everything, and a run that records keeps such resources as their inputs.
Nothing is invented: an output that only AWS could tell is unknown to the program, also in an
update, and a resource whose inputs depend on one is recorded only too.
"""

import hashlib
from enum import StrEnum
from typing import Any, Final

import pulumi

from seawall_sandbox.ledger import Ledger
from seawall_sandbox.protocol import (
    CheckResult,
    DiffResult,
    InvokeResult,
    Provider,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import UNKNOWN, Properties, children, is_known

RECORDED_ID: Final = "recorded-only-"
"""How the made-up ids of recorded resources begin: nobody can take one for an id of AWS."""
ANY_PACKAGE: Final = "*"
"""The key of the provider for packages that have none."""


class Mode(StrEnum):
    """What becomes of a type or function that there is no emulation of."""

    REFUSE = "refuse"
    """The provider's own error; what was recorded earlier is still looked after."""
    SURVEY = "survey"
    """Previews only: noted, and the program goes on, so that all are found."""
    RECORD = "record"
    """Kept as recorded only."""


class FallbackProvider:
    """Stands before ``inner``, or without it has nothing at all.

    Implements ``seawall_sandbox.protocol.Provider``. What else ``inner`` offers is offered too.
    """

    def __init__(self, inner: Provider | None, mode: Mode, ledger: Ledger) -> None:
        self._inner = inner
        self._mode = mode
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        # Called for what is not defined here, such as ``accepts_secrets``.
        if name.startswith("_") or self._inner is None:
            raise AttributeError(name)
        return getattr(self._inner, name)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Check the provider's own configuration."""
        return (
            CheckResult(news) if self._inner is None else self._inner.check_config(urn, olds, news)
        )

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        """Compare configurations."""
        if self._inner is None:
            return DiffResult(olds != news)
        return self._inner.diff_config(urn, olds, news)

    def configure(self, config: Properties) -> None:
        """Take the configuration."""
        if self._inner is not None:
            self._inner.configure(config)

    def check(
        self, urn: str, type_: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """Inputs of a type without emulation are taken as they are."""
        inner = self._for(type_)
        if inner is None:
            self._ledger.note_type(type_, urn)
            return CheckResult(news)
        result = inner.check(urn, type_, olds, news, seed)
        if result.failures and self._mode is Mode.SURVEY and self._ledger.calls:
            # What lacks here may be the answer of a function that there is no emulation of.
            return CheckResult(result.inputs)
        return result

    def diff(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Compare inputs. What is recorded is replaced once it can be made."""
        inner = self._for(type_)
        recorded = old.id.startswith(RECORDED_ID)
        if inner is not None and not recorded:
            return inner.diff(urn, type_, old, news, ignore_changes)
        if inner is not None and self._can_be_made(news):
            return DiffResult(changed=True, replaces=("id",), diffs=("id",))
        self._ledger.note_recorded(urn)
        before = old.inputs or {}
        changed = sorted(
            key
            for key in before.keys() | news.keys()
            if key not in ignore_changes and before.get(key) != news.get(key)
        )
        return DiffResult(bool(changed), diffs=tuple(changed))

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        """Create, or record what cannot be created."""
        inner = self._for(type_)
        possible = preview or self._mode is not Mode.RECORD or self._can_be_made(inputs)
        if inner is not None and possible:
            return inner.create(urn, type_, inputs, preview=preview, timeout=timeout)
        self._ledger.note_recorded(urn)
        if preview:
            return ResourceState("", inputs)
        return ResourceState(f"{RECORDED_ID}{_digest(urn)}", _known(inputs))

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        """What is recorded is as it was recorded."""
        recorded = id_.startswith(RECORDED_ID)
        inner = None if recorded else self._for(type_)
        if inner is not None:
            return inner.read(urn, type_, id_, inputs, outputs)
        if recorded:
            self._ledger.note_recorded(urn)
        else:
            self._ledger.note_type(type_, urn)
            self._ledger.note_missing(id_)
        return ResourceState(id_, outputs or _known(inputs), inputs)

    def update(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        *,
        ignore_changes: tuple[str, ...],
        preview: bool,
        timeout: float,
    ) -> ResourceState:
        """Change, or record the new inputs."""
        inner = None if old.id.startswith(RECORDED_ID) else self._for(type_)
        if inner is None:
            return ResourceState(old.id, news if preview else _known(news))
        if self._mode is Mode.RECORD and not preview and not is_known(news):
            raise ProviderError(
                f"Could not update {type_} {urn.rpartition('::')[2]!r}: its new inputs depend on a "
                "resource that is recorded only, and so they are not known. Give it fixed values, "
                "or run the stack with the stock pulumi CLI."
            )
        return inner.update(
            urn,
            type_,
            old,
            news,
            ignore_changes=ignore_changes,
            preview=preview,
            timeout=timeout,
        )

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        """Delete; what is recorded leaves nothing behind."""
        inner = None if old.id.startswith(RECORDED_ID) else self._for(type_)
        if inner is not None:
            inner.delete(urn, type_, old, timeout=timeout)

    def find(
        self, urn: str, type_: str, inputs: Properties, held: frozenset[str]
    ) -> ResourceState | None:
        """What an interrupted create left: nothing, where things are recorded only."""
        inner = self._for(type_)
        if inner is None:
            return ResourceState("", {})
        search = getattr(inner, "find", None)
        return search(urn, type_, inputs, held) if search is not None else None

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        """Call a function. The answer of one without emulation is empty: see ``is_unknown``."""
        inner = self._for(token)
        if inner is not None:
            return inner.invoke(token, args)
        self._ledger.note_function(token)
        return InvokeResult({})

    def is_unknown(self, token: str) -> bool:
        """Whether what a function answers cannot be known."""
        return self._mode is Mode.RECORD and self._for(token) is None

    def is_recorded(self, type_: str, id_: str) -> bool:
        """Whether nothing stands behind the resource.

        What it would have on AWS, its id included, nobody can know here.
        """
        recorded = id_.startswith(RECORDED_ID) or id_ in self._ledger.missing
        return recorded or self._for(type_) is None

    def keeps_missing(self, urn: str, id_: str) -> bool:
        """Whether a resource that the program only refers to may be missing: it is recorded then.

        It may be one of what is not emulated, such as a Service of a Helm release.
        """
        if self._mode is not Mode.RECORD:
            return False
        self._ledger.note_recorded(urn)
        self._ledger.note_missing(id_)
        return True

    def component(self, type_: str, urn: str) -> Properties | None:
        """The outputs of a remote component, all unknown, or nothing when it is refused.

        Its children are made by a program of the package, which the sandbox does not run.
        """
        if self._mode is Mode.REFUSE:
            return None
        self._ledger.note_type(type_, urn)
        return dict.fromkeys(output_names(type_), UNKNOWN)

    def supports(self, token: str) -> bool:
        """Whether there is an emulation of that type or function."""
        return self._inner is not None and self._inner.supports(token)

    def supported(self) -> tuple[str, ...]:
        """All tokens that there is an emulation of, sorted."""
        return () if self._inner is None else self._inner.supported()

    def _can_be_made(self, inputs: Properties) -> bool:
        """Whether nothing that the inputs name is unknown, or missing in the emulator."""
        return is_known(inputs) and not _names(inputs, self._ledger.missing)

    def _for(self, token: str) -> Provider | None:
        """Who sees to a token: ``None`` for this provider itself."""
        if self._mode is Mode.REFUSE or self.supports(token):
            return self._inner
        return None


def output_names(token: str) -> frozenset[str]:
    """The outputs of a resource type, from the class that the program uses."""
    classes = [pulumi.Resource]
    names: set[str] = set()
    while classes:
        class_ = classes.pop()
        classes += class_.__subclasses__()
        if pulumi.get_type_token(class_) == token:
            getters = (value.fget for value in vars(class_).values() if isinstance(value, property))
            names.update(
                getattr(get, "_pulumi_name", get.__name__) for get in getters if get is not None
            )
    return frozenset(names)


def _names(value: Any, ids: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value in ids
    return bool(ids) and any(_names(item, ids) for item in children(value))


def _known(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if is_known(value)}


def _digest(urn: str) -> str:
    return hashlib.sha256(urn.encode()).hexdigest()[:12]
