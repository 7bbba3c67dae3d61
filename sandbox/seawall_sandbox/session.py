"""One stack of a project in the sandbox: engine, providers and emulator put together."""

import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seawall_sandbox import dynamic, emulator, project, state_directory
from seawall_sandbox.emulator import Emulator, EmulatorError
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.exchange import read_export
from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import (
    Diagnostic,
    Display,
    RunResult,
    Severity,
    SilentDisplay,
    StepInfo,
)
from seawall_sandbox.fallback import ANY_PACKAGE, FallbackProvider, Mode
from seawall_sandbox.ledger import Ledger
from seawall_sandbox.passphrase import Passphrase
from seawall_sandbox.protocol import Provider, ProviderFactory


@dataclass(frozen=True, slots=True)
class Takeover:
    """What came of an import."""

    resources: int
    aside: Path | None
    """A copy of the state that was there before."""
    emulated: bool
    """Whether an emulator runs that can hold the resources."""


class Session:
    """A stack of the project in ``directory``.

    ``state_dir``: where state, rendered objects and emulator are kept, by default
    ``<directory>/.seawall``. ``parallel``: provider calls at a time. ``config``: values that stand
    above those of the settings file, as texts. ``passphrase``: opens secrets; by default that of
    PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, else one made for this checkout.
    ``emulator_dir``: use the emulator of that state directory, to share one among sessions.
    ``begins``: the stack may be a new one without a settings file. ``survey``: before an ``up``,
    run the program as a preview, and begin only if the sandbox has all that it uses.
    ``record_unsupported``: keep what it has not as recorded only instead.
    ``options``: which resources to change, and how; its ``parallel`` gives way to that above.

    Raises ``UsageError`` for a project, a stack or a setting that is missing or wrong. The methods
    raise ``EngineError`` when there is no emulator to be had; what fails later is in the result.
    """

    def __init__(
        self,
        directory: Path,
        stack: str,
        *,
        state_dir: Path | None = None,
        parallel: int = 10,
        config: Mapping[str, str] | None = None,
        display: Display | None = None,
        passphrase: str | None = None,
        emulator_dir: Path | None = None,
        options: Options | None = None,
        begins: bool = False,
        survey: bool = False,
        record_unsupported: bool = False,
    ) -> None:
        directory = directory.resolve()
        found = project.read_project(directory)
        self._stack = stack
        self._state_dir = (state_dir or directory / state_directory.NAME).resolve()
        begun = (self._state_dir / found.name / f"{stack}.json").is_file()
        file = project.read_stack(found, stack, required=not (begins or begun))
        others = project.stacks(found)
        self._without_settings = (
            f"There is no {file.path.name}: the stack {stack} has only the project's defaults and "
            f"what --config gives it. Stacks with settings: {', '.join(others)}."
            if others and not file.path.is_file()
            else ""
        )
        self._emulator_dir = emulator_dir or self._state_dir
        self._passphrase = Passphrase(self._state_dir, passphrase)
        self._survey = survey
        self._record_unsupported = record_unsupported
        opened: list[PassphraseSecrets] = []

        def decrypt(sealed: str) -> str:
            if not opened:
                opened.append(self._passphrase.open(file))
            return opened[0].decrypt(sealed)

        settings = project.configuration(found, stack, file, decrypt, config or {})
        self._project = Project(
            directory=directory,
            name=found.name,
            main=found.main,
            config=settings.values,
            secret_keys=settings.secret_keys,
            packages=found.packages,
        )
        salt = file.encryption_salt
        if salt is not None and not opened and not self._passphrase.may_be_of(salt):
            salt = None
        self._backend = Backend(
            self._state_dir, found.name, self._passphrase.get, encryption_salt=salt
        )
        self._options = replace(options or Options(), parallel=parallel)
        self._display = display or SilentDisplay()

    @property
    def state_path(self) -> Path:
        """The stack's state file; ``pulumi stack import`` takes it."""
        return self._backend.path(self._stack)

    @property
    def render_dir(self) -> Path:
        """Where the stack's Kubernetes objects are written."""
        return self.state_path.with_name(f"{self._stack}.manifests")

    @property
    def emulator_endpoint(self) -> str:
        """The emulator's address, for any AWS client; it is started unless it runs."""
        return self._start_emulator().endpoint

    def preview(self) -> RunResult:
        """What ``up`` would do. What the sandbox does not have is listed all at once."""
        mode = Mode.RECORD if self._record_unsupported else Mode.SURVEY
        return self._run(Engine.preview, mode, records=False)

    def up(self) -> RunResult:
        """Make the stack what the program asks for."""
        if self._record_unsupported:
            return self._run(Engine.up, Mode.RECORD)
        if self._survey:
            lacking = self._lacking()
            if lacking is not None:
                return lacking
        return self._run(Engine.up, Mode.REFUSE)

    def _lacking(self) -> RunResult | None:
        """The result of a survey, when there is something that the sandbox does not have."""
        running = self._start_emulator()
        if self._is_lost(running):
            return None  # what the state says is no more: it must be forgotten first
        ledger = Ledger()
        with self._providers(running, Mode.SURVEY, ledger) as providers:
            result = self._engine(providers, _ErrorsAlone(self._display)).preview()
        if not ledger.listing():
            return result if result.failed else None
        return self._told(
            replace(result, steps=(), outputs={}, resources=(), recorded_only=()), ledger
        )

    def _told(self, result: RunResult, ledger: Ledger) -> RunResult:
        """The result as a failure that lists what the sandbox does not have."""
        error = Diagnostic(Severity.ERROR, ledger.message())
        self._display.diagnostic(error)
        return replace(result, failed=True, diagnostics=(*result.diagnostics, error))

    def _hinted(self, result: RunResult, ledger: Ledger) -> RunResult:
        """The result with the functions that had no answer: the program may have failed of it."""
        hint = Diagnostic(Severity.WARNING, ledger.unanswered())
        self._display.diagnostic(hint)
        return replace(result, diagnostics=(*result.diagnostics, hint))

    def refresh(self) -> RunResult:
        """Read every resource and record it as it is."""
        return self._run(Engine.refresh, Mode.RECORD)

    def destroy(self) -> RunResult:
        """Delete all that the stack has."""
        return self._run(Engine.destroy, Mode.RECORD)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs as of the last run; secrets stay wrapped unless ``show_secrets``."""
        return self._engine({}).outputs(show_secrets=show_secrets)

    def export(self) -> str:
        """The stack as ``pulumi stack import`` takes it. Raises ``UsageError`` if it is empty."""
        return self._backend.export(self._stack)

    def import_(self, file: Path) -> Takeover:
        """Put what ``pulumi stack export`` wrote in the place of the stack's own state.

        The resources must be in this sandbox's emulator: the stock CLI made them there, with the
        sandbox's plugins. Raises ``UsageError``, with nothing touched, for a file that is not one,
        is of another stack, or has secrets that the passphrase does not open.
        """
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}. Name another.") from error
        self._prepare()
        with self._backend.lock(self._stack):
            imported = read_export(
                raw,
                str(file),
                stack=self._stack,
                project=self._project.name,
                passphrase=self._passphrase.get,
            )
            running = emulator.status(self._emulator_dir)
            aside = self._backend.take_over(self._stack, imported)
            if running is None:
                self._instance_file.unlink(missing_ok=True)
            else:
                state_directory.write_private(self._instance_file, running.instance_id)
        return Takeover(len(imported.deployment.resources), aside, emulated=running is not None)

    def _run(
        self, verb: Callable[[Engine], RunResult], mode: Mode, *, records: bool = True
    ) -> RunResult:
        running = self._start_emulator()
        notices = self._forget_what_is_lost(running)
        notices += (self._without_settings,) if self._without_settings else ()
        if records:
            # Before anything is made: a run that is killed must not look like one that is lost.
            state_directory.write_private(self._instance_file, running.instance_id)
        ledger = Ledger()
        with self._providers(running, mode, ledger) as providers:
            result = verb(self._engine(providers))
        if result.failed and mode is Mode.RECORD and ledger.calls:
            result = self._hinted(result, ledger)
        kept = ledger.recorded.difference(result.recorded_only)
        recorded = (state.urn for state in result.resources if state.urn in kept)
        result = replace(
            result,
            notices=(*notices, *result.notices),
            recorded_only=(*result.recorded_only, *recorded),
        )
        return self._told(result, ledger) if mode is Mode.SURVEY and ledger.listing() else result

    def _engine(
        self, providers: Mapping[str, ProviderFactory], display: Display | None = None
    ) -> Engine:
        return Engine(
            self._project,
            self._stack,
            self._backend,
            providers,
            display or self._display,
            self._options,
        )

    @contextmanager
    def _providers(
        self, running: Emulator, mode: Mode, ledger: Ledger
    ) -> Generator[dict[str, ProviderFactory]]:
        # Here, not at the top: `outputs` needs none.
        from seawall_sandbox.aws.provider import AwsProvider  # noqa: PLC0415
        from seawall_sandbox.random import RandomProvider  # noqa: PLC0415

        plugins = dynamic.Plugins(
            self._project.main.parent,
            self._project.name,
            self._project.packages,
            lambda line: self._display.diagnostic(Diagnostic(Severity.INFO, line)),
        )

        def before(inner: Callable[[], Provider | None]) -> ProviderFactory:
            return lambda: FallbackProvider(inner(), mode, ledger)

        providers = {
            "aws": before(lambda: AwsProvider(running.endpoint)),
            "kubernetes": before(lambda: _kubernetes(self.render_dir)),
            "random": before(RandomProvider),
            dynamic.PACKAGE: before(lambda: dynamic.DynamicProvider(plugins)),
        }
        if mode is not Mode.REFUSE:
            providers[ANY_PACKAGE] = before(lambda: None)
        try:
            yield providers
        finally:
            plugins.close()

    def _start_emulator(self) -> Emulator:
        self._prepare()
        try:
            return emulator.start(self._emulator_dir)
        except EmulatorError as error:
            raise EngineError(str(error)) from error

    def _prepare(self) -> None:
        state_directory.prepare(self._state_dir)
        self.state_path.parent.mkdir(mode=0o700, exist_ok=True)

    @property
    def _instance_file(self) -> Path:
        """Holds the id of the emulator that the stack's resources are in."""
        return self.state_path.with_name(f"{self._stack}.emulator")

    def _is_lost(self, running: Emulator) -> bool:
        """Whether the emulator that the state describes is no more."""
        try:
            known = self._instance_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return False
        return known != running.instance_id

    def _forget_what_is_lost(self, running: Emulator) -> tuple[str, ...]:
        """Set the state aside when the emulator that it describes is no more; what to tell."""
        if not self._is_lost(running):
            return ()
        with self._backend.lock(self._stack):
            lost = len(self._backend.load(self._stack).resources)
            aside = self._backend.reset(self._stack) if lost else None
            shutil.rmtree(self.render_dir, ignore_errors=True)
            self._instance_file.unlink(missing_ok=True)
        if aside is None:
            return ()
        notice = (
            f"The emulator was restarted and has lost its memory: the {lost} resources of the "
            f"stack {self._stack} are gone, and it begins anew. The old state is {aside}."
        )
        return (notice,)


def _kubernetes(render_directory: Path) -> Provider:
    # When a program first uses it: the schemas take half a second and 5 MiB.
    from seawall_sandbox.kubernetes import KubernetesProvider  # noqa: PLC0415

    return KubernetesProvider(render_directory)


@dataclass(frozen=True, slots=True)
class _ErrorsAlone:
    """Shows what goes wrong in a survey; the run after it shows all else."""

    shown: Display

    def step_started(self, step: StepInfo) -> None:
        """Show nothing."""

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        """Show nothing."""

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        """Show an error."""
        if diagnostic.severity is Severity.ERROR:
            self.shown.diagnostic(diagnostic)
