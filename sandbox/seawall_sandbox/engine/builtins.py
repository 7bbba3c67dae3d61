"""The ``pulumi`` package's own provider: stack references and look-ups of this run's resources."""

from collections.abc import Callable

from seawall_sandbox.protocol import (
    CheckResult,
    DiffResult,
    Failure,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import Properties, is_secret

STACK_REFERENCE = "pulumi:pulumi:StackReference"
GET_RESOURCE = "pulumi:pulumi:getResource"
READ_OUTPUTS = "pulumi:pulumi:readStackOutputs"


class BuiltinProvider:
    """Implements ``seawall_sandbox.protocol.Provider`` for the few tokens the engine serves.

    ``stack_outputs`` finds the outputs of a stack by name, ``resource`` an entry by URN.
    """

    def __init__(
        self,
        stack_outputs: Callable[[str], Properties],
        resource: Callable[[str], Properties | None],
    ) -> None:
        self._stack_outputs = stack_outputs
        self._resource = resource

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        del urn, olds
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        del urn
        return DiffResult(changed=olds != news)

    def configure(self, config: Properties) -> None:
        del config

    def check(
        self, urn: str, type_: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        del urn, olds, seed
        self._only_references(type_)
        if not isinstance(news.get("name"), str):
            return CheckResult(news, (Failure("name", "must be the name of a stack"),))
        return CheckResult(news)

    def diff(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        del urn, type_, ignore_changes
        changed = (old.inputs or {}).get("name") != news.get("name")
        return DiffResult(changed=changed, replaces=("name",) if changed else ())

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        del urn, preview, timeout
        self._only_references(type_)
        return ResourceState(str(inputs["name"]), self._reference(str(inputs["name"])))

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        del urn, inputs, outputs
        self._only_references(type_)
        return ResourceState(id_, self._reference(id_), inputs={"name": id_})

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
        del ignore_changes, old
        return self.create(urn, type_, news, preview=preview, timeout=timeout)

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        del urn, type_, old, timeout

    def find(self, urn: str, type_: str, inputs: Properties, held: frozenset[str]) -> ResourceState:
        """Nothing: a reference is nowhere but in the state."""
        del urn, type_, inputs, held
        return ResourceState("", {})

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        if token == GET_RESOURCE:
            found = self._resource(str(args.get("urn")))
            if found is None:
                raise ProviderError(f"Unknown resource {args.get('urn')}: not in this run.")
            return InvokeResult(found)
        if token == READ_OUTPUTS:
            return InvokeResult(self._reference(str(args.get("name"))))
        raise ProviderError(f"The function {token} is not one of {', '.join(self.supported())}.")

    def supports(self, token: str) -> bool:
        return token in self.supported()

    def supported(self) -> tuple[str, ...]:
        return (STACK_REFERENCE, GET_RESOURCE, READ_OUTPUTS)

    def _only_references(self, type_: str) -> None:
        if type_ != STACK_REFERENCE:
            raise ProviderError(
                f"The resource type {type_} is not one of {', '.join(self.supported())}."
            )

    def _reference(self, name: str) -> Properties:
        outputs = self._stack_outputs(name)
        secret = sorted(key for key, value in outputs.items() if is_secret(value))
        return {"name": name, "outputs": outputs, "secretOutputNames": secret}
