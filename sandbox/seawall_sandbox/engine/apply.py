"""Running steps: what is asked of the provider, and what goes into the state.

The rules are those of pkg/resource/deploy/step.go of pulumi/pulumi. In a preview a step changes
nothing: creates and updates ask the provider what it knows of the outcome, deletes ask nothing.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Final

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.graph import DependencyGraph
from seawall_sandbox.engine.hooks import (
    AFTER_CREATE,
    AFTER_DELETE,
    AFTER_UPDATE,
    BEFORE_CREATE,
    BEFORE_DELETE,
    BEFORE_UPDATE,
    Hooks,
)
from seawall_sandbox.engine.journal import Recorder
from seawall_sandbox.engine.marks import mark, secret_texts
from seawall_sandbox.engine.progress import Progress, Stopped, explain
from seawall_sandbox.engine.providers import Registry
from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.step import Step
from seawall_sandbox.events import Op, Severity, StepInfo
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import Properties, Secret, is_known

_PENDING: Final = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
}
_FORGETTING: Final = (Op.DISCARD, Op.DISCARD_REPLACED, Op.REMOVE_PENDING_REPLACE)


class Applier:
    """Runs steps one by one or in parallel, and tells progress and recorder. Thread safe."""

    def __init__(
        self,
        registry: Registry,
        recorder: Recorder,
        progress: Progress,
        hooks: Hooks,
        *,
        parallel: int,
        dry_run: bool,
    ) -> None:
        self.is_deleted_with: Callable[[State], bool] = lambda _: False
        """Whether another deletion takes a resource along. Set when there is a plan."""
        self._registry = registry
        self._recorder = recorder
        self._progress = progress
        self._parallel = parallel
        self._dry_run = dry_run
        self._slots = threading.BoundedSemaphore(parallel)
        self._hooks = hooks

    def run(self, step: Step, key: int | None = None) -> None:
        """Run one step; ``key`` is the place of its new entry in the state.

        Raises what the provider raised, or ``EngineError``, after telling the display.
        """
        self._progress.check_running()
        info = describe(step)
        self._progress.begin(info)
        started = time.perf_counter()
        message: str | None = "stopped"
        try:
            self._apply(step, key)
            message = None
        except (ProviderError, EngineError) as error:
            message = error.message
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise
        finally:
            seconds = time.perf_counter() - started
            self._progress.end(info, seconds, message)

    def refuses(self, steps: list[Step]) -> bool:
        """Whether a deletion is not allowed; each such is told, and nothing is touched."""
        refused = [step for step in steps if step.state.protect and not step.replacing]
        for step in refused:
            self._progress.say(Severity.ERROR, _protected(step.urn).message, step.urn)
        return bool(refused)

    def run_deletions(self, steps: list[Step], graph: DependencyGraph) -> None:
        """Run deletions, each when all that depends on its resource is gone.

        One that fails keeps what it depends on; the others go on.
        """
        if self._dry_run:
            # Dependencies come first in the state, so its reverse is a valid order.
            for step in reversed(steps):
                self._delete(step)
            return
        waiting = {id(step.state): step for step in steps}
        blockers = {
            key: {id(state) for state in before}
            for key, before in graph.deletion([step.state for step in steps]).items()
        }
        order = {id(step.state): -place for place, step in enumerate(steps)}
        running: dict[Future[bool], int] = {}
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="delete") as pool:
            while True:
                ready = [key for key in waiting if not blockers[key]]
                for key in sorted(ready, key=order.__getitem__):
                    running[pool.submit(self._delete, waiting.pop(key))] = key
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    key = running.pop(future)
                    if future.result():
                        for before in blockers.values():
                            before.discard(key)

    def _delete(self, step: Step) -> bool:
        try:
            self.run(step)
        except Stopped:
            return False
        except Exception as error:  # noqa: BLE001  # one failed deletion must not stop the others
            self._progress.say(Severity.ERROR, explain(error), step.urn)
            return False
        return True

    def _apply(self, step: Step, key: int | None) -> None:
        match step.op:
            case Op.SAME:
                self._same(step, key)
            case Op.CREATE | Op.CREATE_REPLACEMENT:
                self._create(step, key)
            case Op.UPDATE:
                self._update(step, key)
            case Op.DELETE | Op.DELETE_REPLACED | Op.REMOVE_PENDING_REPLACE:
                self._remove(step)
            case Op.DISCARD | Op.DISCARD_REPLACED:
                self._remove(step)
            case Op.READ | Op.READ_REPLACEMENT | Op.IMPORT | Op.IMPORT_REPLACEMENT:
                self._read(step, key)
            case _:
                pass  # replace: a heading over the steps that do it

    def _same(self, step: Step, key: int | None) -> None:
        new, old = step.state, step.old
        if step.skipped_create or old is None:
            return
        new.id, new.outputs = old.id, old.outputs
        if urns.is_provider_type(new.type):
            self._registry.same(new.changed(inputs=old.inputs))
        self._keep(new, key, replaces=old)

    def _create(self, step: Step, key: int | None) -> None:
        new, old = step.state, step.old
        self._hooks.before(BEFORE_CREATE, new=new)
        operation, error = None, None
        if new.custom:
            operation, result, error = self._call(step, new)
            self._fill(new, result, error)
            if not new.id and not self._dry_run:
                raise EngineError(
                    f"The provider returned no id for {new.urn}: this is a fault of the provider.",
                    urn=new.urn,
                )
        if not self._dry_run:
            new.created = new.modified = now()
        if step.pending_delete and old is not None:
            old.delete = True
            self._recorder.put(old)
            old = None
        outputs = new.outputs
        self._keep(new, key, replaces=old)
        self._end(operation)
        if error is not None:
            raise error
        if new.custom:
            # Those of a component come when it registers its outputs.
            self._hooks.after(AFTER_CREATE, new=new, outputs=outputs)

    def _update(self, step: Step, key: int | None) -> None:
        new, old = step.state, step.old
        if old is None:
            raise EngineError(f"The update of {new.urn} has nothing to update.", urn=new.urn)
        new.id, new.outputs = old.id, old.outputs
        self._hooks.before(BEFORE_UPDATE, old=old, new=new)
        operation, error = None, None
        if new.custom:
            operation, result, error = self._call(step, new)
            self._fill(new, result, error)
            new.id = new.id or old.id
            if not self._dry_run:
                new.modified = now()
        outputs = new.outputs
        # What a half-done update was to change shows as a difference again next time.
        self._keep(new, key, replaces=old, inputs=new.inputs if error is None else old.inputs)
        self._end(operation)
        if error is not None:
            raise error
        if new.custom:
            self._hooks.after(AFTER_UPDATE, old=old, new=new, outputs=outputs)

    def _call(
        self, step: Step, new: State
    ) -> tuple[int | None, ResourceState, ProviderError | None]:
        """Ask the provider to create or update.

        Returns the operation to end when the outcome is in the state. An error that left a
        resource comes with it; any other is raised. One that is uncertain, or no ``ProviderError``,
        says nothing about whether there is a resource, so the operation then stays pending.
        """
        old = step.old
        operation = None if self._dry_run else self._recorder.begin(_PENDING[step.op], new)
        updated = old if step.op is Op.UPDATE else None
        try:
            result = self._hooks.tries(
                "create" if updated is None else "update",
                lambda: self._ask(updated, new),
                old=updated,
                new=new,
            )
        except ProviderError as failure:
            if failure.state is None:
                if not failure.uncertain:
                    self._end(operation)
                raise
            return operation, failure.state, failure
        if not self._dry_run and not is_known(result.outputs):
            raise EngineError(
                f"The provider left outputs of {new.urn} unknown although it ran: this is a fault "
                "of the provider.",
                urn=new.urn,
            )
        return operation, result, None

    def _ask(self, old: State | None, new: State) -> ResourceState:
        """Have the provider create ``new``, or make it of ``old``."""
        with self._slots:
            if urns.is_provider_type(new.type):
                registry = self._registry
                return registry.create(new) if old is None else registry.update(old, new)
            instance = self._registry.get(new.provider)
            if old is None:
                return instance.create(new, preview=self._dry_run)
            return instance.update(old, new, preview=self._dry_run)

    def _remove(self, step: Step) -> None:
        old = step.state
        hooked = step.op is not Op.REMOVE_PENDING_REPLACE
        if hooked:
            self._hooks.before(BEFORE_DELETE, old=old)
        if old.protect and not step.replacing:
            raise _protected(old.urn)
        kept = old.retain_on_delete or self.is_deleted_with(old)
        forgotten = step.op in _FORGETTING
        if not self._dry_run and not forgotten and old.custom and not kept:
            self._delete_remote(step, old)
        if step.pending_replacement:
            old.pending_replacement = True
            self._recorder.put(old)
        else:
            self._recorder.remove(old)
        if hooked:
            self._hooks.after(AFTER_DELETE, old=old)

    def _delete_remote(self, step: Step, old: State) -> None:
        if urns.is_provider_type(old.type):
            return
        instance = self._registry.get(old.provider)
        operation = self._recorder.begin(_PENDING[step.op], old)

        def delete() -> None:
            with self._slots:
                instance.delete(old)

        try:
            self._hooks.tries("delete", delete, old=old)
        finally:
            self._recorder.end(operation)

    def _read(self, step: Step, key: int | None) -> None:
        new, old = step.state, step.old
        if new.id != urns.UNKNOWN_ID:
            imported = step.op in (Op.IMPORT, Op.IMPORT_REPLACEMENT)
            given = {} if imported else new.inputs
            with self._slots:
                instance = self._registry.get(new.provider)
                result = instance.read(new, given, given)
            if not result.id and not imported and instance.keeps_missing(new):
                result = ResourceState(new.id, new.inputs)
            if not result.id:
                raise EngineError(
                    f"The resource {new.id!r} that {new.urn} refers to does not exist: correct the "
                    "id in the program.",
                    urn=new.urn,
                )
            new.id, new.outputs = result.id, result.outputs
            if imported:
                new.inputs = result.inputs or {}
                new.created = new.modified = now()
        if step.pending_delete and old is not None:
            old.delete = True
            self._recorder.put(old)
            old = None
        self._keep(new, key, replaces=old)

    def _fill(self, new: State, result: ResourceState, error: ProviderError | None) -> None:
        new.id, new.outputs = result.id, result.outputs
        new.init_errors = (error.message,) if error is not None else ()

    def _keep(
        self,
        new: State,
        key: int | None,
        *,
        replaces: State | None,
        inputs: Properties | None = None,
    ) -> None:
        outputs = mark(new.outputs, new.additional_secret_outputs)
        secret = [name for name, value in new.inputs.items() if isinstance(value, Secret)]
        new.outputs = mark(outputs, secret)
        if inputs is not None:
            new.inputs = inputs
        self._progress.hide(secret_texts(new.outputs))
        self._recorder.put(new, key=key, replaces=replaces)

    def _end(self, operation: int | None) -> None:
        if operation is not None:
            self._recorder.end(operation)


def describe(step: Step) -> StepInfo:
    """A step as it is shown."""
    state = step.state
    return StepInfo(
        op=step.op,
        urn=step.urn,
        type=state.type,
        parent=state.parent,
        custom=state.custom,
        replace_reasons=step.replace_reasons,
        changed=step.changed,
    )


def now() -> str:
    """The time as a deployment writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _protected(urn: str) -> EngineError:
    return EngineError(
        f'Resource "{urn}" cannot be deleted because it is protected. To unprotect the resource, '
        "remove the `protect` flag from the resource in your Pulumi program and bring the stack up "
        "once more.",
        urn=urn,
    )
