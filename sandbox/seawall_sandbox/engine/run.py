"""The engine as others use it: preview, up, refresh and destroy of one stack."""

from collections.abc import Mapping

from pulumi.runtime.settings import Settings

from seawall_sandbox.engine.assembly import Run, stack_outputs
from seawall_sandbox.engine.executors import executor
from seawall_sandbox.engine.options import Options, Project
from seawall_sandbox.engine.program import run_program
from seawall_sandbox.engine.selection import Patterns, missing
from seawall_sandbox.engine.service import EngineService
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import Display, RunResult
from seawall_sandbox.protocol import ProviderFactory
from seawall_sandbox.values import Properties, without_secrets

__all__ = ["Engine", "Options", "Project"]


class Engine:
    """Runs one stack of a project.

    ``providers`` makes the provider of each package; the program's own output, and what goes wrong,
    goes to ``display``. Methods raise ``UsageError`` for what is wrong before anything is touched;
    what fails later is in the result, with ``failed`` set. Interrupted once (``KeyboardInterrupt``
    in the calling thread), running steps finish and the state is saved; interrupted twice, the
    interrupt is raised at once and the journal holds what was done: the caller ends the process.
    """

    def __init__(  # noqa: PLR0917  # the six things a run is made of
        self,
        project: Project,
        stack: str,
        backend: Backend,
        providers: Mapping[str, ProviderFactory],
        display: Display,
        options: Options = Options(),  # noqa: B008  # frozen
    ) -> None:
        self._project = project
        self._stack = stack
        self._backend = backend
        self._providers = providers
        self._display = display
        self._options = options

    def preview(self) -> RunResult:
        """What ``up`` would do. Changes nothing."""
        return self._update(dry_run=True)

    def up(self) -> RunResult:
        """Run the program and make the stack what it asks for."""
        with self._backend.lock(self._stack):
            return self._update(dry_run=False)

    def destroy(self) -> RunResult:
        """Delete all that the stack has, or nothing if a part of it is protected.

        The program is not run.
        """
        with self._backend.lock(self._stack), self._run(dry_run=False) as run:
            run.check_named(self._options.targets, self._options.excludes)
            planner = run.planner()
            steps = planner.destruction()
            if run.applier.refuses(steps):
                return run.finish(stack_outputs(run.recorder.deployment()))
            run.guard(lambda: run.applier.run_deletions(steps, planner.graph))
            return run.finish({})

    def refresh(self) -> RunResult:
        """Read every resource and record it as it is. The program is not run."""
        with self._backend.lock(self._stack), self._run(dry_run=False) as run:
            run.check_named(self._options.targets, self._options.excludes)
            run.refresh(as_result=True)
            return run.finish(stack_outputs(run.recorder.deployment()))

    def outputs(self, show_secrets: bool = False) -> Properties:  # noqa: FBT001, FBT002
        """The stack's outputs as recorded; secrets stay wrapped unless ``show_secrets``."""
        outputs = stack_outputs(self._backend.load(self._stack))
        return without_secrets(outputs) if show_secrets else outputs

    def _update(self, *, dry_run: bool) -> RunResult:
        with self._run(dry_run=dry_run) as run:
            run.check_named(self._options.replace)
            run.start_policies()
            planner = run.planner()
            deployer = run.deployer(planner)
            monitor = run.monitor(deployer)
            service = EngineService(run.progress)

            def settings() -> Settings:
                return Settings(
                    project=self._project.name,
                    stack=self._stack,
                    monitor=monitor,
                    engine=service,
                    parallel=self._options.parallel,
                    dry_run=dry_run,
                    organization=self._project.organization,
                    root_directory=str(self._project.directory),
                )

            run.wait(
                run_program(
                    self._project.main,
                    settings,
                    run.progress.say,
                    pool=executor(self._options.parallel, dry_run=dry_run),
                    config=self._project.config,
                    secret_keys=self._project.secret_keys,
                    packages=self._project.packages,
                )
            )
            finished = not run.progress.failed
            run.tell(planner.problems)
            go_on = finished or bool(planner.problems) or self._options.continue_on_error
            if go_on and not run.progress.stopped():
                told = len(planner.problems)
                run.guard(lambda: run.applier.run_deletions(planner.deletions(), planner.graph))
                run.tell(planner.problems[told:])
            if finished:
                seen = (*planner.olds, *planner.identities.seen)
                run.tell(missing(Patterns(self._options.targets), seen))
            if not run.progress.failed:
                run.check_stack(deployer)
            return run.finish(deployer.finish_stack(failed=run.progress.failed))

    def _run(self, *, dry_run: bool) -> Run:
        return Run(
            self._project,
            self._stack,
            self._backend,
            providers=self._providers,
            display=self._display,
            options=self._options,
            dry_run=dry_run,
        )
