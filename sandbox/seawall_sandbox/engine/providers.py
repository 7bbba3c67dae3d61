"""The providers of a run: loaded by package, configured once, found by reference.

A provider is itself a resource (``pulumi:providers:<package>``); creating one configures it. The
rules are those of pkg/resource/deploy/providers/registry.go of pulumi/pulumi.
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError, UnsupportedError
from seawall_sandbox.engine.marks import annotate, mark, plain
from seawall_sandbox.engine.resource import State
from seawall_sandbox.protocol import (
    CheckResult,
    DiffResult,
    InvokeResult,
    Provider,
    ProviderFactory,
    ResourceState,
)
from seawall_sandbox.values import Properties, is_known

INTERNAL_KEY: Final = "__internal"
"""What the engine keeps among a provider's inputs; the provider does not see it."""
UNKNOWN_CONFIG: Final = (
    "The provider for this resource has inputs that are not known during preview.\n"
    "This preview may not correctly represent the changes that will be applied during an update."
)


@dataclass(slots=True)
class Instance:
    """One configured provider, or in a preview one whose configuration is not known yet."""

    provider: Provider
    known: bool = True

    def _handed(self, properties: Properties) -> Properties:
        """Properties as the provider takes them: without secret marks unless it asks for them."""
        return plain(properties, secrets=getattr(self.provider, "accepts_secrets", False))

    def _recorded(self, state: State) -> ResourceState:
        outputs, inputs = self._handed(state.outputs), self._handed(state.inputs)
        return ResourceState(state.id, outputs, inputs=inputs)

    def check(
        self, state: State, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """The checked inputs, secret where ``news`` are."""
        if not self.known:
            return CheckResult(news)
        olds = None if olds is None else self._handed(olds)
        result = self.provider.check(state.urn, state.type, olds, self._handed(news), seed)
        return replace(result, inputs=annotate(result.inputs, news))

    def diff(self, old: State, news: Properties, ignored: tuple[str, ...]) -> DiffResult:
        """How ``news`` differ from what is recorded."""
        if not self.known:
            return DiffResult(changed=True)
        return self.provider.diff(
            old.urn, old.type, self._recorded(old), self._handed(news), ignored
        )

    def create(self, new: State, *, preview: bool) -> ResourceState:
        """Create, or say what is known of the outcome."""
        if not self.known:
            return ResourceState("", {})
        timeout = new.timeouts.get("create", 0.0)
        inputs = self._handed(new.inputs)
        result = self.provider.create(new.urn, new.type, inputs, preview=preview, timeout=timeout)
        return secured(result, new.inputs)

    def update(self, old: State, new: State, *, preview: bool) -> ResourceState:
        """Change in place, or say what is known of the outcome."""
        if not self.known:
            return ResourceState(old.id, {})
        result = self.provider.update(
            new.urn,
            new.type,
            self._recorded(old),
            self._handed(new.inputs),
            ignore_changes=new.ignore_changes,
            preview=preview,
            timeout=new.timeouts.get("update", 0.0),
        )
        return secured(result, new.inputs)

    def delete(self, old: State) -> None:
        """Delete."""
        timeout = old.timeouts.get("delete", 0.0)
        self.provider.delete(old.urn, old.type, self._recorded(old), timeout=timeout)

    def read(self, state: State, inputs: Properties, outputs: Properties) -> ResourceState:
        """The resource as it is now; what was secret stays so."""
        if not self.known:
            return ResourceState(state.id, {})
        result = self.provider.read(
            state.urn, state.type, state.id, self._handed(inputs), self._handed(outputs)
        )
        result = secured(result, outputs)
        if result.inputs is not None:
            result = replace(result, inputs=annotate(result.inputs, inputs))
        return result

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        """Whether this provider can look after the resources of one configured with ``olds``."""
        return self.provider.diff_config(urn, plain(_config(olds)), plain(_config(news)))

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        """Call a function."""
        if not self.known:
            return InvokeResult({})
        result = self.provider.invoke(token, plain(args))
        return replace(result, outputs=mark(result.outputs, result.secret_outputs))

    def is_unknown(self, token: str) -> bool:
        """Whether what a function answers cannot be known: the provider then says so itself."""
        told: Callable[[str], bool] | None = getattr(self.provider, "is_unknown", None)
        return told is not None and told(token)

    def keeps_missing(self, state: State) -> bool:
        """Whether a resource that is only referred to, and is not there, counts as recorded.

        A provider that keeps such resources has a method ``keeps_missing(urn, id)``.
        """
        told: Callable[[str, str], bool] | None
        told = getattr(self.provider, "keeps_missing", None)
        return told is not None and told(state.urn, state.id)

    def find(self, state: State, held: frozenset[str]) -> ResourceState | None:
        """The resource that an interrupted create of ``state`` may have left.

        Without an id when there is none; ``None`` when the provider cannot tell. A provider that
        can look for it has a method ``find(urn, type, inputs, held)``; ``held`` are the ids of that
        type which the state has already, and which therefore are not what is looked for.
        """
        search: Callable[[str, str, Properties, frozenset[str]], ResourceState | None] | None
        search = getattr(self.provider, "find", None)
        if search is None or not self.known:
            return None
        found = search(state.urn, state.type, self._handed(state.inputs), held)
        return secured(found, state.inputs) if found is not None and found.id else found

    def finish(self, state: State, found: ResourceState) -> ResourceState:
        """What ``find`` found, after the rest of its interrupted create was done.

        A provider whose creates have several stages has a method ``finish(urn, type, id, inputs)``.
        """
        complete: Callable[[str, str, str, Properties], ResourceState] | None
        complete = getattr(self.provider, "finish", None)
        if complete is None:
            return found
        inputs = self._handed(state.inputs)
        return secured(complete(state.urn, state.type, found.id, inputs), state.inputs)


def secured(result: ResourceState, inputs: Properties) -> ResourceState:
    """``result`` with the outputs secret that must be."""
    outputs = mark(annotate(result.outputs, inputs), result.secret_outputs)
    return result if outputs is result.outputs else replace(result, outputs=outputs)


class Registry:
    """Loads providers and looks after provider resources. Thread safe."""

    def __init__(
        self, factories: Mapping[str, ProviderFactory], recorded: Iterable[State], *, dry_run: bool
    ) -> None:
        self._factories = factories
        self._dry_run = dry_run
        self._lock = threading.RLock()
        states = tuple(recorded)
        self._recorded = {
            f"{state.urn}::{state.id}": state
            for state in states
            if urns.is_provider_type(state.type)
        }
        self._resources = [state for state in states if state.custom and state.id]
        self._configured: dict[str, Instance] = {}
        self._unconfigured: dict[str, Provider] = {}

    def load(self, package: str) -> Provider:
        """An unconfigured provider; raises ``UnsupportedError`` naming those there are."""
        # A factory named "*" makes the provider of every package that has none of its own.
        factory = self._factories.get(package) or self._factories.get("*")
        if factory is None:
            known = ", ".join(sorted(name for name in self._factories if name != "pulumi"))
            raise UnsupportedError(
                f"There is no provider for the package {package!r} here; there are {known}. Use "
                "one of these, or run the program with the stock pulumi CLI."
            )
        return factory()

    def get(self, reference: str) -> Instance:
        """The provider of that reference.

        From the recorded state if the program has not registered it.
        """
        with self._lock:
            instance = self._configured.get(reference)
            if instance is None:
                state = self._recorded.get(reference)
                if state is None:
                    raise EngineError(
                        f"The provider {reference} is neither in the program nor in the state: "
                        "register it before the resources that use it."
                    )
                instance = self._configure(reference, self._fresh(state.urn), state.inputs)
            return instance

    def is_recorded(self, state: State) -> bool:
        """Whether nothing stands behind a resource, so that what it lacks is unknown.

        A provider that keeps such resources has a method ``is_recorded(type, id)``.
        """
        with self._lock:
            instance = self._configured.get(state.provider)
        told: Callable[[str, str], bool] | None
        told = getattr(instance.provider, "is_recorded", None) if instance else None
        return told is not None and told(state.type, state.id)

    def component_outputs(self, type_: str, urn: str) -> Properties | None:
        """The outputs of a remote component, or nothing when it cannot be taken.

        A provider that takes them has a method ``component(type, urn)``.
        """
        package = urns.package_of(type_)
        if package not in self._factories and "*" not in self._factories:
            return None
        take: Callable[[str, str], Properties | None] | None
        take = getattr(self.load(package), "component", None)
        return take(type_, urn) if take is not None else None

    def instances(self) -> dict[str, Instance]:
        """The configured providers by reference."""
        with self._lock:
            return dict(self._configured)

    def check(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Check a provider's configuration."""
        provider = self._fresh(urn)
        given = _config(news)
        result = provider.check_config(urn, plain(_config(olds)), plain(given))
        inputs = annotate(self._without_unknown(result.inputs, olds), given)
        for key in ("version", INTERNAL_KEY):
            if key in news and key not in inputs:
                inputs = {**inputs, key: news[key]}
        with self._lock:
            self._unconfigured[urn] = provider
        return replace(result, inputs=inputs)

    def _without_unknown(self, inputs: Properties, olds: Properties) -> Properties:
        """A configuration without what nobody will ever know.

        In an update nothing is unknown but what a recorded resource lacks, such as the kubeconfig
        of a cluster that is not emulated. A preview leaves out what the last update had to.
        """
        return {
            key: value
            for key, value in inputs.items()
            if is_known(value) or (self._dry_run and (not olds or key in olds))
        }

    def diff(self, old: State, news: Properties) -> DiffResult:
        """Compare a provider's configuration with the recorded one."""
        with self._lock:
            provider = self._unconfigured.get(old.urn) or self.get(f"{old.urn}::{old.id}").provider
        return Instance(provider).diff_config(old.urn, old.inputs, news)

    def create(self, new: State) -> ResourceState:
        """Configure under a new id: random, or in a preview the well-known unknown one."""
        id_ = urns.UNKNOWN_ID if self._dry_run else str(uuid.uuid4())
        return self._take(new, id_)

    def update(self, old: State, new: State) -> ResourceState:
        """Configure anew under the old id."""
        return self._take(new, old.id)

    def same(self, old: State) -> None:
        """Configure with the recorded inputs."""
        reference = f"{old.urn}::{old.id}"
        with self._lock:
            provider = self._unconfigured.pop(old.urn, None)
            if reference not in self._configured:
                self._configure(reference, provider or self._fresh(old.urn), old.inputs)

    def _take(self, new: State, id_: str) -> ResourceState:
        with self._lock:
            provider = self._unconfigured.pop(new.urn, None) or self._fresh(new.urn)
            self._configure(f"{new.urn}::{id_}", provider, new.inputs)
        return ResourceState(id_, _config(new.inputs))

    def _fresh(self, urn: str) -> Provider:
        return self.load(urns.package_of(urns.type_of(urn)))

    def _configure(self, reference: str, provider: Provider, inputs: Properties) -> Instance:
        config = _config(inputs)
        instance = Instance(provider, known=is_known(config))
        if instance.known:
            provider.configure(plain(config))
            self._tell(provider, urns.package_of(urns.type_of(reference.rpartition("::")[0])))
        self._configured[reference] = instance
        return instance

    def _tell(self, provider: Provider, package: str) -> None:
        """Tell a provider what the state has, so that it does not take one thing for another.

        One that wants to know has a method ``know([(type, state)])``.
        """
        know: Callable[[Iterable[tuple[str, ResourceState]]], None] | None
        know = getattr(provider, "know", None)
        if know is not None:
            know(
                (state.type, ResourceState(state.id, plain(state.outputs)))
                for state in self._resources
                if urns.package_of(state.type) == package
            )


def _config(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != INTERNAL_KEY}
