"""What one run needs, put together."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Self

from pulumi.runtime.proto import analyzer_pb2, resource_pb2

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.apply import Applier
from seawall_sandbox.engine.builtins import BuiltinProvider
from seawall_sandbox.engine.callbacks import Callbacks
from seawall_sandbox.engine.deploy import Deployer
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.hooks import Hooks
from seawall_sandbox.engine.interrupts import Interrupts
from seawall_sandbox.engine.marks import config_secrets
from seawall_sandbox.engine.monitor import Monitor
from seawall_sandbox.engine.options import Options, Project
from seawall_sandbox.engine.plan import Planner
from seawall_sandbox.engine.policy_process import environment_of
from seawall_sandbox.engine.program import in_thread
from seawall_sandbox.engine.progress import Progress
from seawall_sandbox.engine.providers import Registry
from seawall_sandbox.engine.refresh import recover, refresh
from seawall_sandbox.engine.selection import Patterns, missing
from seawall_sandbox.engine.serialize import Deployment
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.engine.transforms import Transforms
from seawall_sandbox.events import Display, ResourceInfo, RunResult, Severity
from seawall_sandbox.protocol import ProviderFactory
from seawall_sandbox.values import Properties

if TYPE_CHECKING:
    from seawall_sandbox.engine.policies import Policies


class Run:
    """The parts of one run; as a context, it takes interrupts and lets go of the journal."""

    def __init__(
        self,
        project: Project,
        stack: str,
        backend: Backend,
        *,
        providers: Mapping[str, ProviderFactory],
        display: Display,
        options: Options,
        dry_run: bool,
    ) -> None:
        self._started = time.perf_counter()
        self._project = project
        self._stack = stack
        self._backend = backend
        self._options = options
        self._dry_run = dry_run
        self._deployer: Deployer | None = None
        self._policies: Policies | None = None
        self.progress = Progress(display)
        self._interrupts = Interrupts(self._interrupted)
        for key in project.secret_keys:
            self.progress.hide(config_secrets(project.config.get(key, "")))
        base = backend.load(stack)
        factories = {**providers, "pulumi": self._builtin}
        self._registry = Registry(factories, base.resources, dry_run=dry_run)
        base = recover(base, self._registry, self.progress, dry_run=dry_run)
        self.recorder = backend.recorder(stack, base, dry_run=dry_run)
        self._callbacks = Callbacks()
        self._hooks = Hooks(
            self._callbacks,
            self.progress,
            dry_run=dry_run,
            fail_fast=not options.continue_on_error,
        )
        self.applier = Applier(
            self._registry,
            self.recorder,
            self.progress,
            self._hooks,
            parallel=options.parallel,
            dry_run=dry_run,
        )

    def __enter__(self) -> Self:
        self._interrupts.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._policies is not None:
                self._policies.close()
            self.recorder.close()
        finally:
            self._interrupts.__exit__()

    def refresh(self, *, as_result: bool) -> None:
        """Read every resource."""
        self.guard(
            lambda: refresh(
                self.recorder.deployment().resources,
                self.progress,
                self._registry,
                self.recorder,
                parallel=self._options.parallel,
                as_result=as_result,
                includes=self._options.selection().includes,
            )
        )

    def planner(self) -> Planner:
        """Plans over the resources as recorded, after a refresh if that was asked for."""
        if self._options.refresh:
            self.refresh(as_result=False)
        return self.plan()

    def plan(self) -> Planner:
        """Plans over the resources as recorded by now."""
        planner = Planner(
            self._stack,
            self._project.name,
            self.recorder.deployment().resources,
            dry_run=self._dry_run,
            replace_targets=Patterns(self._options.replace),
            selection=self._options.selection(),
        )
        self.applier.is_deleted_with = planner.is_deleted_with
        return planner

    def deployer(self, planner: Planner) -> Deployer:
        """Sees through what the program registers."""
        self._deployer = Deployer(
            planner,
            self._registry,
            self.recorder,
            self.applier,
            progress=self.progress,
            config=self._project.config,
            secret_keys=self._project.secret_keys,
            nonce=self._backend.nonce(self._stack),
            policies=self._policies,
            hooks=self._hooks,
            dry_run=self._dry_run,
        )
        return self._deployer

    def start_policies(self) -> None:
        """Start the policy packs, if there are any."""
        packs, project = self._options.policy_packs, self._project
        if not packs and not self._options.policy_configs:
            return
        # Here, not at the top: only runs with packs need the schemas.
        from seawall_sandbox.engine.policies import Policies  # noqa: PLC0415

        self._policies = Policies(
            packs,
            self._options.policy_configs,
            progress=self.progress,
            environment=environment_of(
                project.name,
                self._stack,
                project.organization,
                project.config,
                dry_run=self._dry_run,
            ),
            stack=analyzer_pb2.AnalyzerStackConfigureRequest(
                stack=self._stack,
                project=project.name,
                organization=project.organization,
                dry_run=self._dry_run,
                config=project.config,
                config_secret_keys=sorted(project.secret_keys),
            ),
            dry_run=self._dry_run,
        )

    def check_stack(self, deployer: Deployer) -> None:
        """Ask the policy packs about the stack as it is now."""
        policies = self._policies
        if policies is not None:
            resources = self.recorder.deployment().resources
            self.guard(
                lambda: policies.check_stack(resources, deployer.goal_of, deployer.provider_of)
            )

    def monitor(self, deployer: Deployer) -> Monitor:
        """What the program speaks to."""
        info = resource_pb2.DeploymentInfo(
            project=self._project.name,
            stack=self._stack,
            organization=self._project.organization,
            config=dict(self._project.config),
            configSecretKeys=sorted(self._project.secret_keys),
            dryRun=self._dry_run,
            parallel=self._options.parallel,
        )
        return Monitor(
            deployer,
            self._registry,
            self.progress,
            info,
            transforms=Transforms(self._callbacks, deployer.parent_of),
            hooks=self._hooks,
            continue_on_error=self._options.continue_on_error,
        )

    def check_named(self, *options: tuple[str, ...]) -> None:
        """Raise ``UsageError`` unless the stack has what the options name."""
        known = [state.urn for state in self.recorder.deployment().resources]
        lacking = [error.message for texts in options for error in missing(Patterns(texts), known)]
        if lacking:
            raise UsageError("\n".join((*lacking, "Nothing was touched.")))

    def tell(self, errors: Iterable[EngineError]) -> None:
        """Show errors that do not end the run."""
        for error in errors:
            self.progress.say(Severity.ERROR, error.message, error.urn)

    def guard(self, work: Callable[[], None]) -> None:
        """Do the work in a thread, so that an interrupt can be heard meanwhile."""

        def target() -> None:
            try:
                work()
            except EngineError as error:
                self.progress.say(Severity.ERROR, error.message, error.urn)

        self.wait(in_thread(target, "work"))

    def wait(self, done: threading.Event) -> None:
        """Wait for the event; the first interrupt stops the run, the second goes through."""
        self._interrupts.wait(done)

    def _interrupted(self) -> None:
        self.progress.stop()
        self.progress.say(
            Severity.ERROR,
            "Interrupted: what is running is finished and saved, nothing more is begun. "
            "Interrupt once more to stop at once.",
        )

    def finish(self, outputs: Properties) -> RunResult:
        """Save the state and put the result together."""
        deployment = self.recorder.deployment()
        if not self._dry_run:
            if not deployment.resources and not deployment.pending:
                self._backend.renew(self._stack)
            self._backend.save(self._stack, deployment)
        progress = self.progress
        return RunResult(
            steps=tuple(progress.steps),
            outputs=outputs,
            seconds=time.perf_counter() - self._started,
            diagnostics=tuple(progress.diagnostics),
            failed=progress.failed,
            resources=tuple(
                ResourceInfo(
                    urn=state.urn,
                    type=state.type,
                    parent=state.parent,
                    custom=state.custom,
                    inputs=state.inputs,
                )
                for state in deployment.resources
                if not state.delete
            ),
            recorded_only=self._recorded_only(deployment),
        )

    def _recorded_only(self, deployment: Deployment) -> tuple[str, ...]:
        # A provider that keeps some types without an emulator behind them says which.
        instances = self._registry.instances()
        found: list[str] = []
        for state in deployment.resources:
            instance = instances.get(state.provider)
            tells = getattr(instance.provider, "records_only", None) if instance else None
            if tells is not None and tells(state.type):
                found.append(state.urn)
        return tuple(found)

    def _builtin(self) -> BuiltinProvider:
        return BuiltinProvider(
            self._backend.outputs,
            lambda urn: self._deployer.lookup(urn) if self._deployer is not None else None,
        )


def stack_outputs(deployment: Deployment) -> Properties:
    """The outputs that a deployment records."""
    for state in deployment.resources:
        if state.type == urns.STACK_TYPE and not state.delete:
            return state.outputs
    return {}
