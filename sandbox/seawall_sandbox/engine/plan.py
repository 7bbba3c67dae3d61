"""Which steps lead from the recorded state to what the program asks for.

Pure: no provider is called here, no file touched, and no lock taken (the caller serializes calls).
What a provider has to say arrives as values. The rules are those of the stock engine
(pkg/resource/deploy/step_generator.go of pulumi/pulumi); a preview and an update share them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seawall_sandbox.engine import paths
from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.graph import DependencyGraph
from seawall_sandbox.engine.resource import Alias, Goal, State
from seawall_sandbox.events import Op
from seawall_sandbox.protocol import DiffKind, DiffResult
from seawall_sandbox.values import UNKNOWN, Properties

INIT_ERROR_KEY = "#initerror"
_TO_REPLACE = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}


@dataclass(slots=True)
class Step:
    """One thing to do. ``old`` and ``new`` are entries of the state before and after it."""

    op: Op
    urn: str
    old: State | None = None
    new: State | None = None
    replace_reasons: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    pending_delete: bool = False
    """Of a create: the old entry stays, to be deleted when all else is done."""
    pending_replacement: bool = False
    """Of a delete: the old entry stays, marked, until its successor is created."""
    replacing: bool = False
    skipped_create: bool = False
    """Of a same: the resource does not exist and is not to be created, as it is no target."""

    @property
    def state(self) -> State:
        """The entry that the step is about."""
        state = self.new or self.old
        if state is None:
            raise EngineError(f"The step {self.op} of {self.urn} has no state.")
        return state


@dataclass(slots=True)
class Registration:
    """One resource that the program asked for, and what the state has of it."""

    urn: str
    goal: Goal
    old: State | None
    new: State
    recreating: bool = False
    targeted: bool = True
    imported: bool = False


@dataclass(slots=True)
class Planner:
    """Decides the steps of one run over the recorded resources ``olds``."""

    stack: str
    project: str
    resources: Sequence[State]
    dry_run: bool = False
    replace_targets: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    olds: dict[str, State] = field(init=False)
    graph: DependencyGraph = field(init=False)
    seen: set[str] = field(default_factory=set[str])
    deletes: set[str] = field(default_factory=set[str])
    replaces: set[str] = field(default_factory=set[str])
    skipped_creates: set[str] = field(default_factory=set[str])
    problems: list[EngineError] = field(default_factory=list[EngineError])
    """Why an update would be refused: found by a preview, which goes on."""
    _decided: set[str] = field(default_factory=set[str])
    _aliased: dict[str, str] = field(default_factory=dict[str, str])
    _aliases: dict[str, str] = field(default_factory=dict[str, str])
    _condemned: set[int] = field(default_factory=set[int])
    _dependent_keys: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        self.olds = {state.urn: state for state in self.resources if not state.delete}
        self.graph = DependencyGraph(self.resources)

    # Registration

    def register(self, goal: Goal) -> Registration:
        """Give the resource its URN and find what the state has of it.

        Raises ``EngineError`` when the URN is taken or the parent unknown.
        """
        urn = self._claim(goal.parent, goal.type, goal.name)
        old, alias = self._find_old(urn, goal)
        new = goal.state(urn, old)
        if alias:
            new.aliases = (alias,)
        return Registration(
            urn,
            goal,
            old,
            new,
            targeted=self.is_target(urn) or urns.is_provider_type(goal.type) or urns.is_stack(urn),
        )

    def read(self, goal: Goal, id_: str) -> tuple[Registration, list[Step]]:
        """The steps that take in a resource which the program only refers to."""
        urn = self._claim(goal.parent, goal.type, goal.name)
        old, alias = self._find_old(urn, goal)
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

    def _claim(self, parent: str, type_: str, name: str) -> str:
        if parent and parent not in self.seen:
            raise EngineError(
                f"The parent {parent} of {type_} {name!r} is not registered: construct the parent "
                "in the same program, before its children."
            )
        urn = urns.build(self.stack, self.project, parent, type_, name)
        if urn in self.seen:
            raise EngineError(
                f"Duplicate resource URN '{urn}'; try giving it a unique name.", urn=urn
            )
        self.seen.add(urn)
        return urn

    def _find_old(self, urn: str, goal: Goal) -> tuple[State | None, str]:
        if urn in self._aliased:
            raise EngineError(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN "
                f"'{self._aliased[urn]}'",
                urn=urn,
            )
        if urn in self.olds:
            return self.olds[urn], ""
        for alias in self.alias_urns(goal):
            old = self.olds.get(alias)
            if old is None or alias == urn:
                continue
            taken = alias if alias in self.seen else self._aliased.get(alias)
            if taken is not None:
                raise EngineError(
                    f"Duplicate resource alias '{alias}' applied to resource with URN '{urn}' "
                    f"conflicting with resource with URN '{taken}'",
                    urn=urn,
                )
            self._aliased[alias] = urn
            self._aliases[urn] = alias
            return old, alias
        return None, ""

    def alias_urns(self, goal: Goal) -> list[str]:
        """The URNs under which the state may know the resource, best first."""
        own = [self._alias_urn(goal, alias) for alias in goal.aliases]
        found = dict.fromkeys(own)
        parent_alias = self._aliases.get(goal.parent)
        if goal.parent and parent_alias:
            parent_name = urns.parse(goal.parent).name
            inherit = self._inherited
            found.setdefault(inherit(goal.type, goal.name, parent_name, parent_alias))
            for urn in own:
                part = urns.parse(urn)
                found.setdefault(inherit(part.type, part.name, parent_name, parent_alias))
        return list(found)

    def _alias_urn(self, goal: Goal, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = "" if alias.no_parent else alias.parent or goal.parent
        if alias.parent and not alias.no_parent:
            parent = self._aliases.get(alias.parent, alias.parent)
        return urns.build(
            alias.stack or self.stack,
            alias.project or self.project,
            parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _inherited(self, type_: str, name: str, parent_name: str, parent_alias: str) -> str:
        # A child that is named after its parent was named after the parent's former name.
        if name.startswith(parent_name):
            name = urns.parse(parent_alias).name + name.removeprefix(parent_name)
        return urns.build(self.stack, self.project, parent_alias, type_, name)

    def renamed(self, urn: str) -> str:
        """The URN that a recorded URN has in this program."""
        return self._aliased.get(urn, urn)

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

    def steps(
        self,
        registration: Registration,
        diff: DiffResult,
        recheck: Callable[[], Properties],
        probe: Callable[[State, Properties], DiffResult],
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
                Step(Op.REPLACE, urn, old, new),
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
        probe: Callable[[State, Properties], DiffResult],
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
        probe: Callable[[State, Properties], DiffResult],
    ) -> list[Step]:
        urn, new = registration.urn, registration.new
        steps: list[Step] = []
        dependents = self._dependent_replacements(old, probe)
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

    def _dependent_replacements(
        self, root: State, probe: Callable[[State, Properties], DiffResult]
    ) -> list[tuple[State, tuple[str, ...]]]:
        """The resources that must go before ``root`` does, because they will be replaced too."""
        replaced = {root.urn}
        found: list[tuple[State, tuple[str, ...]]] = []
        dependents = self.graph.depending_on(root, self._decided) if root in self.graph else []
        for state in dependents:
            keys = self._replaced_with(state, replaced, probe)
            if keys is not None:
                found.append((state, keys))
                replaced.add(state.urn)
        known = {id(state) for state, _ in found}
        for state in self.resources:
            cascades = root.urn in state.replace_with or state.deleted_with == root.urn
            if cascades and id(state) not in known and state.urn not in self._decided:
                found.append((state, ()))
        return found

    def _replaced_with(
        self, state: State, replaced: set[str], probe: Callable[[State, Properties], DiffResult]
    ) -> tuple[str, ...] | None:
        if not state.custom or state.external:
            return None
        if state.provider_urn() in replaced or state.deleted_with in replaced:
            return ()
        touched = {
            key
            for key, names in state.property_dependencies.items()
            if key in state.inputs and not replaced.isdisjoint(names)
        }
        if not touched:
            return None
        inputs = {key: UNKNOWN if key in touched else value for key, value in state.inputs.items()}
        diff = replace_on_changes(
            probe(state, inputs), state.replace_on_changes, has_init_errors=False
        )
        return diff.replaces or None

    def deletions(self) -> list[Step]:
        """The steps for what the program no longer asks for, in the order of the state."""
        steps: list[Step] = []
        for state in self.resources:
            if not self.is_target(state.urn):
                continue
            if state.delete:
                if id(state) not in self._condemned:
                    self.deletes.add(state.urn)
                    steps.append(
                        Step(delete_op(state, replacing=True), state.urn, state, replacing=True)
                    )
            elif self.renamed(state.urn) not in self._decided:
                self.deletes.add(state.urn)
                op = Op.DISCARD if state.pending_replacement else delete_op(state, replacing=False)
                steps.append(Step(op, state.urn, state))
        return steps

    def is_deleted_with(self, state: State) -> bool:
        """Whether another deletion takes the resource along, so that the provider is not asked."""
        return bool(state.deleted_with) and state.deleted_with in self.deletes

    def untouched(self) -> list[State]:
        """Recorded resources that no step is about, as they are no targets."""
        return [
            state
            for state in self.resources
            if not self.is_target(state.urn) and self.renamed(state.urn) not in self._decided
        ]

    def is_target(self, urn: str) -> bool:
        """Whether the run may change the resource."""
        return not self.targets or urn in self.targets

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


def delete_op(state: State, *, replacing: bool) -> Op:
    """How the end of an entry is called: what is not ours is discarded, not deleted."""
    if state.external:
        return Op.DISCARD
    return Op.DELETE_REPLACED if replacing else Op.DELETE


def changed_names(diff: DiffResult) -> tuple[str, ...]:
    """The top-level names of the properties that change."""
    if diff.diffs:
        return tuple(diff.diffs)
    names = (paths.parse(path)[0] for path in diff.detailed)
    return tuple(dict.fromkeys(str(name) for name in names))


def replace_on_changes(
    diff: DiffResult, patterns: tuple[str, ...], *, has_init_errors: bool
) -> DiffResult:
    """``diff`` with changes under ``patterns`` turned into replacements."""
    if not patterns or not (diff.changed or has_init_errors):
        return diff
    parsed = [paths.parse(pattern) for pattern in patterns]

    def hit(path: str) -> bool:
        return any(paths.contains(pattern, paths.parse(path)) for pattern in parsed)

    detailed = {
        path: _TO_REPLACE.get(kind, kind) if hit(path) else kind
        for path, kind in diff.detailed.items()
    }
    reasons = dict.fromkeys(diff.replaces)
    reasons.update(dict.fromkeys(name for name in changed_names(diff) if hit(name)))
    reasons.update(
        dict.fromkeys(
            str(paths.parse(path)[0])
            for path, kind in detailed.items()
            if kind != diff.detailed[path]
        )
    )
    if has_init_errors and hit(INIT_ERROR_KEY):
        reasons[INIT_ERROR_KEY] = None
    return DiffResult(
        changed=diff.changed or INIT_ERROR_KEY in reasons,
        replaces=tuple(reasons),
        diffs=diff.diffs,
        detailed=detailed,
        stables=diff.stables,
        delete_before_replace=diff.delete_before_replace,
    )
