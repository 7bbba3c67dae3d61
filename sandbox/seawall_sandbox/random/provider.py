"""The ``random`` provider. Implements ``seawall_sandbox.protocol.Provider``."""

import difflib

from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    Failure,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.random.resources import TYPES, Argument, RandomType
from seawall_sandbox.values import UNKNOWN, Properties, Value

_KIND_NAMES = {
    int: "a whole number",
    bool: "true or false",
    str: "text",
    dict: "a map",
    list: "a list",
}


class RandomProvider:
    """Makes random values once and keeps them in the state. Needs no configuration."""

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:  # noqa: ARG002
        """There is nothing to configure."""
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:  # noqa: ARG002
        """A change, such as of the version, replaces nothing."""
        diffs = tuple(sorted(key for key in olds | news if olds.get(key) != news.get(key)))
        return DiffResult(changed=bool(diffs), diffs=diffs)

    def configure(self, config: Properties) -> None:
        """There is nothing to configure."""

    def check(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        olds: Properties | None,  # noqa: ARG002
        news: Properties,
        seed: bytes,  # noqa: ARG002
    ) -> CheckResult:
        """Check names and types of the arguments, and whether they fit together."""
        kind = self._type(type_)
        inputs = {name: value for name, value in news.items() if value is not None}
        failures = [
            Failure(name, reason)
            for name, value in inputs.items()
            if (reason := _refused(kind, name, value))
        ]
        failures += [
            Failure(name, f"{name} is required and missing.")
            for name, argument in kind.arguments.items()
            if argument.required and name not in inputs
        ]
        if not failures:
            refused = kind.refused(inputs)
            if refused is not None:
                failures.append(Failure(*refused))
        return CheckResult(inputs, tuple(failures))

    def diff(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Every change makes a new one, except that a default may be written out or left out."""
        arguments = self._type(type_).arguments
        before = old.inputs or {}
        changes: dict[str, DiffKind] = {}
        for name in sorted(arguments):
            ignored = any(path.split(".")[0].split("[")[0] == name for path in ignore_changes)
            default = arguments[name].default
            if ignored or before.get(name, default) == news.get(name, default):
                continue
            if name not in news:
                changes[name] = DiffKind.DELETE_REPLACE
            elif name not in before:
                changes[name] = DiffKind.ADD_REPLACE
            else:
                changes[name] = DiffKind.UPDATE_REPLACE
        names = tuple(changes)
        return DiffResult(changed=bool(names), replaces=names, diffs=names, detailed=changes)

    def create(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        inputs: Properties,
        *,
        preview: bool,
        timeout: float,  # noqa: ARG002
    ) -> ResourceState:
        """Make the value; in a preview, say that it is not known yet."""
        kind = self._type(type_)
        id_, outputs = ("", kind.planned(inputs)) if preview else kind.made(inputs)
        return ResourceState(id_, outputs, secret_outputs=kind.secret_outputs)

    def read(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        id_: str,
        inputs: Properties,
        outputs: Properties,
    ) -> ResourceState:
        """What is on record: a random value exists nowhere else."""
        if not outputs:
            raise ProviderError(
                f"The sandbox cannot import {type_} {id_!r}: a random value is in the state only. "
                "Remove the import option; a new value is made then."
            )
        return ResourceState(id_, outputs, inputs, self._type(type_).secret_outputs)

    def update(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        *,
        ignore_changes: tuple[str, ...],  # noqa: ARG002
        preview: bool,  # noqa: ARG002
        timeout: float,  # noqa: ARG002
    ) -> ResourceState:
        """Take over arguments that change nothing, such as a default written out."""
        del urn
        return ResourceState(
            old.id, {**old.outputs, **news}, secret_outputs=self._type(type_).secret_outputs
        )

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        """Forget it: nothing else holds it."""

    def find(
        self,
        urn: str,  # noqa: ARG002
        type_: str,  # noqa: ARG002
        inputs: Properties,  # noqa: ARG002
        held: frozenset[str],  # noqa: ARG002
    ) -> ResourceState:
        """Nothing: a random value is nowhere but in the state."""
        return ResourceState("", {})

    def invoke(self, token: str, args: Properties) -> InvokeResult:  # noqa: ARG002
        """The random package has no functions."""
        raise ProviderError(f"The random provider has no function {token}.")

    def supports(self, token: str) -> bool:
        """Whether ``token`` is one of the resource types here."""
        return token in TYPES

    def supported(self) -> tuple[str, ...]:
        """All resource types here."""
        return tuple(sorted(TYPES))

    def _type(self, type_: str) -> RandomType:
        try:
            return TYPES[type_]
        except KeyError:
            raise ProviderError(
                f"The random provider of the sandbox has no resource type {type_}; it has "
                f"{', '.join(self.supported())}. Use one of these, or the stock pulumi CLI."
            ) from None


def _refused(kind: RandomType, name: str, value: Value) -> str | None:
    argument: Argument | None = kind.arguments.get(name)
    if argument is None:
        near = difflib.get_close_matches(name, kind.arguments, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"There is no argument {name}.{hint}"
    if value is UNKNOWN or type(value) is argument.kind:
        return None
    return f"{name} must be {_KIND_NAMES[argument.kind]}, got {type(value).__name__}."
