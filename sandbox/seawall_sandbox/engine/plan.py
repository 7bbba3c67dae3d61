"""Which steps lead from the recorded state to what the program asks for.

Pure: no provider is called here, no file touched, and no lock taken (the caller serializes calls).
What a provider has to say arrives as values. The rules are those of the stock engine
(pkg/resource/deploy/step_generator.go of pulumi/pulumi); a preview and an update share them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seawall_sandbox.engine import paths
from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.dependents import Probe, dependent_replacements
from seawall_sandbox.engine.difference import changed_names, replace_on_changes
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.graph import DependencyGraph
from seawall_sandbox.engine.identity import Identities
from seawall_sandbox.engine.resource import Goal, State
from seawall_sandbox.engine.selection import Patterns, Selection
from seawall_sandbox.engine.step import Registration, Step, delete_op
from seawall_sandbox.events import Op
from seawall_sandbox.protocol import DiffResult
from seawall_sandbox.values import UNKNOWN, Properties


@dataclass(slots=True)
class Planner:
    """Decides the steps of one run over the recorded resources ``olds``."""

    stack: str
    project: str
    resources: Sequence[State]
    dry_run: bool = False
    replace_targets: Patterns = field(default_factory=Patterns)
    selection: Selection = field(default_factory=Selection)
    destroying: bool = False
    """The program runs only so that all it made can be deleted: nothing new is created."""
    olds: dict[str, State] = field(init=False)
    graph: DependencyGraph = field(init=False)
    identities: Identities = field(init=False)
    deletes: set[str] = field(default_factory=set[str])
    replaces: set[str] = field(default_factory=set[str])
    skipped_creates: set[str] = field(default_factory=set[str])
    problems: list[EngineError] = field(default_factory=list[EngineError])
    """Why an update would be refused: found by a preview, which goes on."""
    _decided: set[str] = field(default_factory=set[str])
    _condemned: set[int] = field(default_factory=set[int])
    _dependent_keys: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        self.olds = {state.urn: state for state in self.resources if not state.delete}
        self.graph = DependencyGraph(self.resources)
        self.identities = Identities(self.stack, self.project, self.olds)

    # Registration

    def register(self, goal: Goal) -> Registration:
        """Give the resource its URN and find what the state has of it.

        Raises ``EngineError`` when the URN is taken or the parent unknown.
        """
        urn = self.identities.claim(goal.parent, goal.type, goal.name)
        old, alias = self.identities.find(urn, goal)
        new = goal.state(urn, old)
        if alias:
            new.aliases = (alias,)
        return Registration(
            urn,
            goal,
            old,
            new,
            targeted=self.selection.includes(new)
            or urns.is_provider_type(goal.type)
            or urns.is_stack(urn),
        )

    def read(self, goal: Goal, id_: str) -> tuple[Registration, list[Step]]:
        """The steps that take in a resource which the program only refers to."""
        urn = self.identities.claim(goal.parent, goal.type, goal.name)
        old, alias = self.identities.find(urn, goal)
        new = goal.state(urn, old)
        new.id, new.external = id_, True
        new.aliases = (alias,) if alias else ()
        self._decided.add(urn)
        registration = Registration(urn, goal, old, new)
        if old is not None and not old.external and old.id != id_:
            self.replaces.add(urn)
            return registration, [
                Step(Op.READ_REPLACEMENT, urn, old, new, pending_delete=True, replacing=True),
                Step(Op.REPLACE, urn, old, new),
            ]
        return registration, [Step(Op.READ, urn, old, new)]

    # What to ask the provider

    def is_import(self, registration: Registration) -> bool:
        """Whether the resource is to be taken over by id rather than created or diffed."""
        goal, old = registration.goal, registration.old
        if not goal.custom or not goal.import_id:
            return False
        return old is None or old.external or (old.import_id or old.id) != goal.import_id

    def check_inputs(
        self, registration: Registration
    ) -> tuple[Properties | None, Properties, tuple[str, ...]]:
        """The recorded inputs, the new ones to check, and the ignored paths that cannot be kept.

        Recorded inputs are left out when a new resource will be made in any case.
        """
        goal, old = registration.goal, registration.old
        registration.recreating = registration.urn in self.deletes
        if old is None:
            return None, goal.inputs, ()
        news, failed = paths.reset(goal.inputs, old.inputs, goal.ignore_changes)
        if registration.recreating or old.external or self.is_replace_target(registration):
            return None, goal.inputs, failed
        return old.inputs, news, failed

    def is_replace_target(self, registration: Registration) -> bool:
        """Whether the user, or a taint in the state, asks for a new resource."""
        old = registration.old
        return registration.urn in self.replace_targets or (old is not None and old.taint)

    def forced_diff(self, registration: Registration) -> DiffResult | None:
        """The difference as far as it shows without the provider, or ``None`` to ask it."""
        old, new = registration.old, registration.new
        if old is None or old.external:
            return DiffResult(changed=True)
        if self.is_replace_target(registration):
            return DiffResult(changed=True, replaces=("id",))
        if any(urn in self.replaces for urn in new.replace_with):
            return DiffResult(changed=True, replaces=("replaceWith",))
        if new.deleted_with and new.deleted_with in self.replaces:
            return DiffResult(changed=True, replaces=("deletedWith",))
        if bool(old.provider) != bool(new.provider) and not urns.is_provider_type(new.type):
            return DiffResult(changed=True, replaces=("provider",))
        if not new.custom:
            return DiffResult(changed=old.inputs != new.inputs)
        return None

    # Steps

    def spared(self, registration: Registration) -> Step | None:
        """In a destroy, the step that leaves a resource as it is, or that skips one not made yet.

        ``None`` for all others: providers and components are seen through as in an update.
        """
        if not self.destroying:
            return None
        urn, old, new = registration.urn, registration.old, registration.new
        skips = not self.skipped_creates.isdisjoint([*new.needs(), new.parent])
        real = new.custom and not urns.is_provider_type(new.type)
        if skips or (real and old is None):
            self.skipped_creates.add(urn)
            if old is not None:
                new.outputs = old.outputs
            return Step(Op.SAME, urn, None, new, skipped_create=True)
        if not real or old is None:
            return None
        self._decided.add(urn)
        new.inputs = old.inputs
        return Step(Op.SAME, urn, old, new)

    def steps(
        self,
        registration: Registration,
        diff: DiffResult,
        recheck: Callable[[], Properties],
        probe: Probe,
    ) -> list[Step]:
        """The steps for one resource whose inputs were checked.

        ``recheck`` gives the inputs of a brand-new resource: those that a replacement takes.
        ``probe`` asks a provider what other inputs would do to a recorded resource.
        """
        urn, old, new = registration.urn, registration.old, registration.new
        self._decided.add(urn)
        if urn in self.deletes and old is not None:
            # It was deleted ahead of something that it depends on; now we know it is replaced.
            self.deletes.discard(urn)
            self.replaces.add(urn)
            keys = self._dependent_keys.get(urn, ())
            return [
                Step(Op.REPLACE, urn, old, new, keys),
                Step(Op.CREATE_REPLACEMENT, urn, old, new, keys, replacing=True),
            ]
        if old is None:
            if not registration.targeted:
                self.skipped_creates.add(urn)
                return [Step(Op.SAME, urn, None, new, skipped_create=True)]
            self._check_skipped(registration)
            return [Step(Op.CREATE, urn, None, new)]
        if old.external:
            return [
                Step(Op.CREATE_REPLACEMENT, urn, old, new, pending_delete=True, replacing=True),
                Step(Op.REPLACE, urn, old, new),
            ]
        if not registration.targeted:
            return [Step(Op.SAME, urn, old, old.changed())]
        self._check_skipped(registration)
        return self._from_diff(registration, old, diff, recheck, probe)

    def _from_diff(
        self,
        registration: Registration,
        old: State,
        diff: DiffResult,
        recheck: Callable[[], Properties],
        probe: Probe,
    ) -> list[Step]:
        urn, new, goal = registration.urn, registration.new, registration.goal
        triggered = self._is_triggered(old, new)
        if triggered:
            diff = DiffResult(changed=True)
        diff = replace_on_changes(
            diff, goal.replace_on_changes, has_init_errors=bool(old.init_errors)
        )
        reasons = tuple(diff.replaces)
        changed = changed_names(diff)
        if (diff.changed or old.pending_replacement) and (
            reasons or triggered or old.pending_replacement
        ):
            if new.protect and old.protect:
                self._refuse(
                    f'Unable to replace resource "{urn}" as it is currently marked for protection '
                    f"(what changes: {', '.join(reasons or changed) or 'see the program'}). To "
                    "unprotect the resource, remove the `protect` flag from the resource in your "
                    "Pulumi program and run the update again.",
                    urn,
                )
            if goal.import_id:
                self._refuse(
                    f"{urn} was imported and still says so, and may therefore not be replaced "
                    f"(what changes: {', '.join(reasons)}): remove `import` from its options.",
                    urn,
                )
            self.replaces.add(urn)
            if new.custom and not self.is_replace_target(registration):
                new.inputs = recheck()
            first = diff.delete_before_replace
            if goal.delete_before_replace is not None:
                first = goal.delete_before_replace
            if first:
                return self._delete_first(registration, old, reasons, changed, probe)
            return [
                Step(
                    Op.CREATE_REPLACEMENT,
                    urn,
                    old,
                    new,
                    reasons,
                    changed,
                    pending_delete=not old.pending_replacement,
                    replacing=True,
                ),
                Step(Op.REPLACE, urn, old, new, reasons, changed),
            ]
        if diff.changed or old.init_errors:
            return [Step(Op.UPDATE, urn, old, new, changed=changed)]
        return [Step(Op.SAME, urn, old, new)]

    def _refuse(self, message: str, urn: str) -> None:
        # A preview goes on, to show all that is wrong at once.
        error = EngineError(message, urn=urn)
        if not self.dry_run:
            raise error
        self.problems.append(error)

    def _is_triggered(self, old: State, new: State) -> bool:
        if new.replacement_trigger is UNKNOWN and not self.dry_run:
            raise EngineError(f"The replacement trigger of {new.urn} is not known.", urn=new.urn)
        return (
            new.replacement_trigger is not None
            and old.replacement_trigger is not None
            and new.replacement_trigger != old.replacement_trigger
        )

    def _delete_first(
        self,
        registration: Registration,
        old: State,
        reasons: tuple[str, ...],
        changed: tuple[str, ...],
        probe: Probe,
    ) -> list[Step]:
        urn, new = registration.urn, registration.new
        steps: list[Step] = []
        dependents = dependent_replacements(old, self.graph, self._decided, probe)
        for state, keys in reversed(dependents):
            if id(state) in self._condemned:
                continue
            if state.protect and not state.delete:
                raise EngineError(
                    f'Unable to replace resource "{state.urn}" as part of replacing "{urn}" as it '
                    "is currently marked for protection. To unprotect the resource, remove the "
                    "`protect` flag from the resource in your Pulumi program and run the update "
                    "again.",
                    urn=state.urn,
                )
            self._dependent_keys[state.urn] = keys
            self.deletes.add(state.urn)
            self._condemned.add(id(state))
            steps.append(
                Step(
                    delete_op(state, replacing=not state.delete),
                    state.urn,
                    state,
                    pending_replacement=not state.delete,
                    replacing=not state.delete,
                )
            )
        if not old.pending_replacement:
            # So that what is deleted with it is not asked of the provider.
            self.deletes.add(old.urn)
            self._condemned.add(id(old))
            steps.append(
                Step(
                    delete_op(old, replacing=True),
                    old.urn,
                    old,
                    pending_replacement=True,
                    replacing=True,
                )
            )
        return [
            *steps,
            Step(Op.REPLACE, urn, old, new, reasons, changed),
            Step(Op.CREATE_REPLACEMENT, urn, old, new, reasons, changed, replacing=True),
        ]

    def deletions(self) -> list[Step]:
        """The steps for what the program no longer asks for, in the order of the state.

        Raises ``EngineError`` when that takes along what is no target.
        """
        steps: list[Step] = []
        deletable = self.selection.deletable(self.resources)
        for state in self.resources:
            if state.urn not in deletable:
                continue
            if state.delete:
                if id(state) not in self._condemned:
                    self.deletes.add(state.urn)
                    steps.append(
                        Step(delete_op(state, replacing=True), state.urn, state, replacing=True)
                    )
            elif self.identities.renamed(state.urn) not in self._decided:
                self.deletes.add(state.urn)
                op = (
                    Op.REMOVE_PENDING_REPLACE
                    if state.pending_replacement
                    else delete_op(state, replacing=False)
                )
                steps.append(Step(op, state.urn, state))
        unasked = self._unasked(step.urn for step in steps)
        if unasked:
            self._refuse(unasked, "")
        return steps

    def destruction(self) -> list[Step]:
        """The steps for deleting everything, or the targets and what they take along.

        Raises ``UsageError`` naming what depends on a target and is none.
        """
        deletable = self.selection.deletable(self.resources)
        condemned = [state for state in self.resources if state.urn in deletable]
        unasked = self._unasked(state.urn for state in condemned)
        if unasked:
            raise UsageError(unasked)
        self.deletes.update(deletable)
        return [Step(delete_op(state, replacing=False), state.urn, state) for state in condemned]

    def _unasked(self, condemned: Iterable[str]) -> str:
        names = sorted({urn for urn in condemned if self.selection.unasked(urn)})
        if not names:
            return ""
        return (
            f"Not among the targets, but depending on them: {', '.join(names)}. Name these as "
            "targets too, or take them along with --target-dependents. Nothing was deleted."
        )

    def is_deleted_with(self, state: State) -> bool:
        """Whether another deletion takes the resource along, so that the provider is not asked."""
        return bool(state.deleted_with) and state.deleted_with in self.deletes

    def _check_skipped(self, registration: Registration) -> None:
        missing = self.skipped_creates.intersection(registration.new.needs())
        if registration.goal.parent in self.skipped_creates:
            missing.add(registration.goal.parent)
        if missing:
            raise EngineError(
                f"{registration.urn} depends on {min(missing)}, which does not exist yet and is "
                "not among the targets: name it as a target too.",
                urn=registration.urn,
            )
