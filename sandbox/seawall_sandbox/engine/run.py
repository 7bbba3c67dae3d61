"""The engine as others use it: preview, up, refresh and destroy of one stack."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from pulumi.runtime.settings import Settings

from seawall_sandbox.engine.assembly import Run, stack_outputs
from seawall_sandbox.engine.deploy import Deployer
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.executors import executor
from seawall_sandbox.engine.hooks import delete_hooks
from seawall_sandbox.engine.options import Options, Project
from seawall_sandbox.engine.plan import Planner
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

        The program is not run, unless the options say so: then what it gives providers and options
        such as ``protect`` counts, and its delete hooks are called. Without it a stack with delete
        hooks is refused.
        """
        with self._backend.lock(self._stack), self._run(dry_run=False) as run:
            run.check_named(self._options.targets, self._options.excludes)
            planner = run.planner()
            if self._options.run_program:
                return self._destroy_with_program(run, planner)
            hooked = delete_hooks(planner.resources)
            if hooked:
                run.tell(
                    EngineError(
                        "Resource has delete hooks registered, but the program is not running: run "
                        f"it with --run-program. Hooks: {', '.join(names)}",
                        urn=urn,
                    )
                    for urn, names in hooked.items()
                )
            elif self._delete_all(run, planner):
                return run.finish({})
            return run.finish(stack_outputs(run.recorder.deployment()))

    def _destroy_with_program(self, run: Run, planner: Planner) -> RunResult:
        planner.destroying = True
        deployer = run.deployer(planner)
        begun = False
        with self._program(run, deployer, dry_run=False):
            if not run.progress.failed or self._options.continue_on_error:
                begun = self._delete_all(run, run.plan())
        if begun:
            return run.finish({})
        return run.finish(deployer.finish_stack(failed=run.progress.failed))

    @staticmethod
    def _delete_all(run: Run, planner: Planner) -> bool:
        """Delete what may be deleted; whether anything was begun."""
        steps = planner.destruction()
        if run.applier.refuses(steps):
            return False
        run.guard(lambda: run.applier.run_deletions(steps, planner.graph))
        return True

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
            with self._program(run, deployer, dry_run=dry_run):
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

    @contextmanager
    def _program(self, run: Run, deployer: Deployer, *, dry_run: bool) -> Generator[None]:
        """Run the program.

        The code within comes when it has registered all; hooks of the program can still be called.
        """
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

        ended = run_program(
            self._project.main,
            settings,
            run.progress.say,
            pool=executor(self._options.parallel, dry_run=dry_run),
            config=self._project.config,
            secret_keys=self._project.secret_keys,
            quiet=monitor.quiet,
            packages=self._project.packages,
        )
        try:
            run.wait(monitor.quiet)
            if not monitor.holds_program:
                run.wait(ended)
            yield
        finally:
            monitor.release()
        run.wait(ended)

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
