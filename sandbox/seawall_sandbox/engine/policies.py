"""Policy packs: what they have to say about each resource, and about the stack at its end.

When each is asked, and what a violation of each level leads to, is as in
pkg/resource/deploy/{step_generator,analyze_snapshot}.go of pulumi/pulumi: first remediations may
change the checked inputs, then every pack is asked. A mandatory violation stops the resource
before anything is done about it; a preview goes on, to show all, and fails.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from seawall_sandbox.engine import policy_config
from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.policy_pack import Pack
from seawall_sandbox.engine.policy_process import PackProcess
from seawall_sandbox.engine.progress import Progress
from seawall_sandbox.engine.resource import Goal, State
from seawall_sandbox.events import Severity
from seawall_sandbox.values import Properties
from seawall_sandbox.wire import from_struct, to_struct

Provider = Callable[[State], State | None]
"""Finds the provider resource of a resource."""


class Policies:
    """The packs of one run, started and configured. ``close`` ends their processes.

    ``stack``: what the packs are told of the stack, as ``AnalyzerStackConfigureRequest``.
    ``configs``: a file for each pack, or none. Raises ``UsageError`` for a pack or a configuration
    that is wrong, ``EngineError`` when a pack does not come up.
    """

    def __init__(
        self,
        packs: Sequence[Path],
        configs: Sequence[Path],
        *,
        progress: Progress,
        environment: Mapping[str, str],
        stack: analyzer_pb2.AnalyzerStackConfigureRequest,
        dry_run: bool,
    ) -> None:
        if configs and len(configs) != len(packs):
            raise UsageError(
                "Give a policy configuration for each policy pack, in the same order, or for none. "
                "Nothing was touched."
            )
        given = [policy_config.read(path) for path in configs] or [{} for _ in packs]
        self._progress = progress
        self._dry_run = dry_run
        self._processes: list[PackProcess] = []
        self._packs: list[Pack] = []

        def say(line: str) -> None:
            progress.say(Severity.INFO, line)

        try:
            # All are started before the first is waited for.
            for directory in packs:
                self._processes.append(PackProcess(directory, environment, say))
            for process, config in zip(self._processes, given, strict=True):
                self._packs.append(Pack(process, stack, config))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the packs."""
        for pack in self._packs:
            pack.close()
        for process in self._processes:
            process.close()

    def check(self, state: State, goal: Goal, provider: State | None) -> None:
        """Ask about a resource; remediations change its inputs.

        Raises ``EngineError`` with all mandatory violations; a preview tells them instead.
        """
        for pack in self._packs:
            for remedy in pack.remediate(_request(state, state.inputs, goal, provider)):
                label = pack.label(remedy.policyName)
                if remedy.diagnostic:
                    self._progress.say(
                        Severity.WARNING, f"{label} (advisory): {remedy.diagnostic}", state.urn
                    )
                else:
                    text = f"{label} (remediate) changed the inputs: {remedy.description}"
                    self._progress.say(Severity.INFO, text, state.urn)
                    state.inputs = from_struct(remedy.properties)
        request = _request(state, state.inputs, goal, provider)
        violations = [
            text
            for pack in self._packs
            for text in self._tell(pack, pack.analyze(request), state.urn)
        ]
        if violations and not self._dry_run:
            raise EngineError("\n".join(violations), urn=state.urn)
        for text in violations:
            self._progress.say(Severity.ERROR, text, state.urn)

    def check_stack(
        self,
        resources: Iterable[State],
        goal_of: Callable[[str], Goal | None],
        provider_of: Provider,
    ) -> None:
        """Ask about the stack as it is at the end of the run."""
        if not self._packs:
            return
        states = [state for state in resources if not state.delete]
        known = {state.urn for state in states}
        root = next((state.urn for state in states if urns.is_stack(state.urn)), "")
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[_resource(state, goal_of(state.urn), provider_of(state)) for state in states]
        )
        for pack in self._packs:
            for diagnostic in pack.analyze_stack(request):
                urn = diagnostic.urn if diagnostic.urn in known else root
                for text in self._tell(pack, [diagnostic], urn):
                    self._progress.say(Severity.ERROR, text, urn)

    def _tell(
        self, pack: Pack, diagnostics: Iterable[analyzer_pb2.AnalyzeDiagnostic], urn: str
    ) -> list[str]:
        """Show advisory violations; the texts of the others."""
        mandatory: list[str] = []
        for diagnostic in diagnostics:
            said = [diagnostic.message]
            if diagnostic.description and diagnostic.description not in diagnostic.message:
                said.insert(0, diagnostic.description)
            label = pack.label(diagnostic.policyName)
            if diagnostic.enforcementLevel == analyzer_pb2.ADVISORY:
                text = f"{label} (advisory): " + "\n".join(said)
                self._progress.say(Severity.WARNING, text, urn)
            else:
                mandatory.append(f"{label} (mandatory): " + "\n".join(said))
        return mandatory


def _request(
    state: State, properties: Properties, goal: Goal | None, provider: State | None
) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=state.type,
        properties=_struct(properties),
        urn=state.urn,
        name=urns.parse(state.urn).name,
        options=_options(state, goal),
        provider=_provider(provider),
    )


def _resource(
    state: State, goal: Goal | None, provider: State | None
) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=state.type,
        properties=_struct(state.outputs),
        urn=state.urn,
        name=urns.parse(state.urn).name,
        options=_options(state, goal),
        provider=_provider(provider),
        parent=state.parent,
        dependencies=state.dependencies,
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=names)
            for key, names in state.property_dependencies.items()
        },
    )


def _options(state: State, goal: Goal | None) -> analyzer_pb2.AnalyzerResourceOptions:
    before = goal.delete_before_replace if goal is not None else None
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=state.protect,
        ignoreChanges=state.ignore_changes,
        deleteBeforeReplace=bool(before),
        deleteBeforeReplaceDefined=before is not None,
        additionalSecretOutputs=state.additional_secret_outputs,
        aliases=state.aliases,
        customTimeouts=analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts(**state.timeouts),
        parent=state.parent,
    )


def _provider(state: State | None) -> analyzer_pb2.AnalyzerProviderResource | None:
    if state is None:
        return None
    return analyzer_pb2.AnalyzerProviderResource(
        type=state.type,
        properties=_struct(state.inputs),
        urn=state.urn,
        name=urns.parse(state.urn).name,
    )


def _struct(properties: Properties) -> struct_pb2.Struct:
    # What the engine or a provider keeps for itself is no policy's business.
    return to_struct({k: v for k, v in properties.items() if not k.startswith("__")})
