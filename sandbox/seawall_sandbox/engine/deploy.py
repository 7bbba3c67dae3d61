"""One run: takes what the program asks for and sees it through.

Registrations arrive from several threads; each is seen through in its own thread, from the check
to the last step. Decisions are taken one at a time, under a lock; calls to providers overlap.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.apply import Applier
from seawall_sandbox.engine.errors import EngineError, UnsupportedError
from seawall_sandbox.engine.hooks import AFTER_CREATE, AFTER_UPDATE, Hooks
from seawall_sandbox.engine.journal import Recorder
from seawall_sandbox.engine.marks import secret_texts
from seawall_sandbox.engine.plan import Planner
from seawall_sandbox.engine.progress import Progress
from seawall_sandbox.engine.providers import UNKNOWN_CONFIG, Registry
from seawall_sandbox.engine.resource import Goal, State
from seawall_sandbox.engine.step import Registration, Step
from seawall_sandbox.events import Op, Severity
from seawall_sandbox.protocol import DiffResult
from seawall_sandbox.values import Properties, Secret

if TYPE_CHECKING:
    from seawall_sandbox.engine.policies import Policies


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a registration. ``unknown``: nothing was done, for want of a target."""

    state: State
    unknown: bool = False


class Deployer:
    """Sees registrations through. Thread safe."""

    def __init__(
        self,
        planner: Planner,
        registry: Registry,
        recorder: Recorder,
        applier: Applier,
        *,
        progress: Progress,
        config: Mapping[str, str],
        secret_keys: frozenset[str],
        nonce: str,
        policies: "Policies | None",
        hooks: Hooks,
        dry_run: bool,
    ) -> None:
        self._planner = planner
        self._registry = registry
        self._recorder = recorder
        self._applier = applier
        self._progress = progress
        self._config = config
        self._secret_keys = secret_keys
        self._nonce = nonce
        self._policies = policies
        self._hooks = hooks
        self._dry_run = dry_run
        self._lock = threading.RLock()
        self._defaults_lock = threading.RLock()
        self._defaults: dict[tuple[str, str, str], str] = {}
        self._states: dict[str, State] = {}
        self._goals: dict[str, Goal] = {}
        self._component_providers: dict[str, Mapping[str, str]] = {}
        self._component_steps: dict[str, Step] = {}
        self.stack_urn = ""
        self.stack_outputs: Properties | None = None

    # What the monitor asks

    def goal_of(self, urn: str) -> Goal | None:
        """What the program asked for under ``urn`` in this run."""
        return self._goals.get(urn)

    def parent_of(self, urn: str) -> str:
        """The parent of a resource of this run, or nothing."""
        goal = self._goals.get(urn)
        return goal.parent if goal is not None else ""

    def provider_of(self, state: State) -> State | None:
        """The provider resource of a resource, as this run has it."""
        return self._states.get(state.provider_urn()) if state.provider else None

    def component_providers(self, urn: str) -> Mapping[str, str]:
        """The providers that a component hands down to its children, by package."""
        return self._component_providers.get(urn, {})

    def lookup(self, urn: str) -> Properties | None:
        """What ``pulumi:pulumi:getResource`` tells of a resource of this run."""
        state = self._states.get(urn)
        if state is None:
            return None
        return {
            "urn": urn,
            "id": state.id,
            "provider": state.provider,
            "state": state.outputs,
        }

    def default_provider(self, package: str, version: str, url: str) -> str:
        """The reference of a package's default provider, registered when first asked for."""
        with self._defaults_lock:
            reference = self._defaults.get((package, version, url))
            if reference is None:
                self._deny_default(package)
                state = self.register(self._default_goal(package, version, url)).state
                reference = self._defaults[package, version, url] = f"{state.urn}::{state.id}"
            return reference

    def register(self, goal: Goal, providers: Mapping[str, str] | None = None) -> Outcome:
        """See one registration through; ``providers``: what a component hands down."""
        with self._lock:
            key = self._recorder.reserve()
            registration = self._planner.register(goal)
        urn = registration.urn
        self._progress.hide(secret_texts(goal.inputs))
        if goal.type == urns.STACK_TYPE:
            self.stack_urn = urn
        if goal.custom and not urns.is_provider_type(goal.type):
            self._registry.get(goal.provider)
        spared = self._planner.spared(registration)
        if spared is not None:
            self._applier.run(spared, key)
            outcome = self._settle(registration, goal, spared.state, providers)
            return replace(outcome, unknown=spared.skipped_create)
        if self._planner.is_import(registration):
            self._import(registration, key)
            key = None
        seed = self._seed(registration)
        olds, news, lost = self._planner.check_inputs(registration)
        if lost:
            self._progress.say(
                Severity.INFO,
                "cannot ignore changes in added or removed elements of the path: "
                f"{', '.join(lost)}",
                urn,
            )
        if goal.custom and registration.targeted:
            registration.new.inputs = self._check(registration.new, olds, news, seed)
        elif goal.custom and olds is not None:
            registration.new.inputs = olds
        else:
            registration.new.inputs = news
        if self._policies is not None:
            self._policies.check(registration.new, goal, self.provider_of(registration.new))
        diff = self._diff(registration)
        with self._lock:
            steps = self._planner.steps(
                registration,
                diff,
                lambda: self._check(registration.new, None, goal.inputs, seed),
                self._probe,
            )
        if registration.imported and [step.op for step in steps] == [Op.SAME]:
            return self._settle(registration, goal, registration.old or registration.new, providers)
        for step in steps:
            # The place in the state is that of the new entry, not of what goes before it.
            self._applier.run(step, key if step.new is registration.new else None)
        skipped = any(step.skipped_create for step in steps)
        if not goal.custom:
            self._component_steps[urn] = steps[-1]
        last = steps[-1].state if steps[-1].op is Op.SAME else registration.new
        outcome = self._settle(registration, goal, last, providers)
        return replace(outcome, unknown=skipped)

    def read(self, goal: Goal, id_: str) -> State:
        """Take in a resource that the program only refers to."""
        with self._lock:
            key = self._recorder.reserve()
            registration, steps = self._planner.read(goal, id_)
        for step in steps:
            self._applier.run(step, key)
        return self._settle(registration, goal, registration.new, None).state

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Give a component its outputs; the stack's are kept until the end of the run."""
        if urn == self.stack_urn:
            self.stack_outputs = outputs
            return
        state = self._states.get(urn)
        if state is None:
            raise EngineError(
                f"The outputs of {urn} cannot be registered: the resource is not.", urn=urn
            )
        state.outputs = outputs
        self._recorder.put(state)
        step = self._component_steps.get(urn)
        if step is None:
            return
        if step.op is Op.CREATE:
            self._hooks.after(AFTER_CREATE, new=state, outputs=outputs)
        elif step.op is Op.UPDATE:
            self._hooks.after(AFTER_UPDATE, old=step.old, new=state, outputs=outputs)

    def finish_stack(self, *, failed: bool) -> Properties:
        """Record the stack's outputs; after a failure, those the program did not reach stay."""
        state = self._states.get(self.stack_urn)
        outputs = self.stack_outputs or {}
        if state is None:
            return outputs
        if failed or self.stack_outputs is None:
            outputs = {**state.outputs, **outputs}
        state.outputs = outputs
        self._recorder.put(state)
        return outputs

    # Details

    def _settle(
        self,
        registration: Registration,
        goal: Goal,
        state: State,
        providers: Mapping[str, str] | None,
    ) -> Outcome:
        with self._lock:
            self._states[registration.urn] = state
            self._goals[registration.urn] = goal
            if not goal.custom:
                self._component_providers[registration.urn] = providers or {}
        return Outcome(state)

    def _seed(self, registration: Registration) -> bytes:
        # Automatic names must come out the same in every preview and in a retry after a killed
        # run, but differ between stacks and between a resource and its replacement: hence the
        # stack's nonce, the URN, and the id of what is there now.
        old = registration.old
        text = "\0".join((self._nonce, registration.urn, old.id if old is not None else ""))
        return hashlib.sha256(text.encode()).digest()

    def _check(
        self, state: State, olds: Properties | None, news: Properties, seed: bytes
    ) -> Properties:
        if urns.is_provider_type(state.type):
            result = self._registry.check(state.urn, olds or {}, news)
        else:
            result = self._registry.get(state.provider).check(state, olds, news, seed)
        if not result.failures:
            return result.inputs
        name = urns.parse(state.urn).name
        # Values stay out of the message: they may be secret.
        reasons = (
            f"{state.type} resource '{name}': property {failure.property} has a problem: "
            f"{failure.reason}"
            if failure.property
            else f"{state.type} resource '{name}' has a problem: {failure.reason}"
            for failure in result.failures
        )
        raise EngineError("\n".join(reasons), urn=state.urn)

    def _diff(self, registration: Registration) -> DiffResult:
        forced = self._planner.forced_diff(registration)
        old, new = registration.old, registration.new
        if forced is not None or old is None:
            return forced or DiffResult(changed=True)
        if not registration.targeted:
            return DiffResult(changed=False)
        if urns.is_provider_type(new.type):
            return self._registry.diff(old, new.inputs)
        if self._provider_replaced(old, new):
            return DiffResult(changed=True, replaces=("provider",))
        instance = self._registry.get(new.provider)
        if not instance.known:
            self._progress.say(Severity.WARNING, UNKNOWN_CONFIG, new.urn)
        return instance.diff(old, new.inputs, new.ignore_changes)

    def _provider_replaced(self, old: State, new: State) -> bool:
        """Whether the resource's provider changed so that it cannot look after the old one."""
        if old.provider == new.provider:
            return False
        before = self._planner.olds.get(old.provider_urn())
        after = self._states.get(new.provider_urn())
        if before is None or after is None:
            return True
        if self._planner.identities.renamed(before.urn) == after.urn and before.urn != after.urn:
            return False
        instance = self._registry.get(new.provider)
        return bool(instance.diff_config(after.urn, before.inputs, after.inputs).replaces)

    def _probe(self, state: State, inputs: Properties) -> DiffResult:
        if urns.is_provider_type(state.type):
            return self._registry.diff(state, inputs)
        return self._registry.get(state.provider).diff(state, inputs, state.ignore_changes)

    def _import(self, registration: Registration, key: int) -> None:
        """Take a resource over by id; what was read is then what the goal is compared with."""
        goal, old = registration.goal, registration.old
        imported = goal.state(registration.urn, None)
        imported.id, imported.inputs = goal.import_id, {}
        replacing = old is not None and not old.external
        self._applier.run(
            Step(
                Op.IMPORT_REPLACEMENT if replacing else Op.IMPORT,
                registration.urn,
                old,
                imported,
                pending_delete=replacing,
                replacing=replacing,
            ),
            key,
        )
        if replacing:
            self._applier.run(Step(Op.REPLACE, registration.urn, old, imported, replacing=True))
        registration.old = imported
        registration.new.created = imported.created
        registration.new.modified = imported.modified
        registration.imported = True

    def _default_goal(self, package: str, version: str, url: str) -> Goal:
        # A dynamic provider gets the whole configuration, with its namespaces.
        prefix = f"{package}:" if package != urns.DYNAMIC_PACKAGE else ""
        inputs: Properties = {
            key.removeprefix(prefix): Secret(value) if key in self._secret_keys else value
            for key, value in self._config.items()
            if key.startswith(prefix)
        }
        name = "default"
        if version:
            inputs["version"] = version
            name += "_" + "_".join(version.replace("+", ".").replace("-", ".").split("."))
        if url:
            raise UnsupportedError(
                f"A resource of the package {package} asks for the plugin from {url}: the embedded "
                "engine has its own providers and downloads none. Remove pluginDownloadURL."
            )
        return Goal(type=f"{urns.PROVIDER_PREFIX}{package}", name=name, custom=True, inputs=inputs)

    def _deny_default(self, package: str) -> None:
        barred = self._config.get("pulumi:disable-default-providers", "")
        if package != "pulumi" and (f'"{package}"' in barred or '"*"' in barred):
            raise EngineError(
                f"The default provider of {package} is disabled by pulumi:disable-default-providers"
                ": give the resource an explicit provider, or change the setting."
            )
