"""The program's hooks: its functions that run before and after what is done with a resource.

A program registers hooks by name and binds the names to resources; the state keeps the names, so
that a deletion finds them. Error hooks decide whether a provider call that failed is made again.
The rules are those of pkg/resource/deploy (``resource_hooks.go``, ``deployment.go``, ``step.go``)
of pulumi/pulumi.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.callbacks import Callbacks, leave_loop
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.progress import Progress
from seawall_sandbox.engine.resource import State
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import Properties
from seawall_sandbox.wire import to_struct

BEFORE_CREATE: Final = "BeforeCreate"
AFTER_CREATE: Final = "AfterCreate"
BEFORE_UPDATE: Final = "BeforeUpdate"
AFTER_UPDATE: Final = "AfterUpdate"
BEFORE_DELETE: Final = "BeforeDelete"
AFTER_DELETE: Final = "AfterDelete"
ON_ERROR: Final = "OnError"
_FIELDS: Final = {
    BEFORE_CREATE: "before_create",
    AFTER_CREATE: "after_create",
    BEFORE_UPDATE: "before_update",
    AFTER_UPDATE: "after_update",
    BEFORE_DELETE: "before_delete",
    AFTER_DELETE: "after_delete",
    ON_ERROR: "on_error",
}
"""The kinds as the state names them, and as the protocol does."""
MOST_TRIES: Final = 100
"""How often one operation is tried while error hooks ask for it (``retries.go``)."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Hook:
    callback: Any
    """A ``callback_pb2.Callback``, which the SDK's stubs of requests leave open."""
    on_error: bool = False
    on_dry_run: bool = True
    ignore_errors: bool = False


class Hooks:
    """The hooks of one run. Thread safe.

    ``fail_fast``: after a hook that fails when its operation is done, nothing more is begun.
    """

    def __init__(
        self, callbacks: Callbacks, progress: Progress, *, dry_run: bool, fail_fast: bool
    ) -> None:
        self._callbacks = callbacks
        self._progress = progress
        self._dry_run = dry_run
        self._fail_fast = fail_fast
        self._lock = threading.Lock()
        self._hooks: dict[str, _Hook] = {}
        self.in_use = False
        """Whether a hook has been registered that this run may call."""

    def add(self, request: resource_pb2.RegisterResourceHookRequest) -> None:
        """Take a hook that runs before or after an operation."""
        opened: Any = request
        hook = _Hook(
            opened.callback, on_dry_run=request.on_dry_run, ignore_errors=request.ignore_errors
        )
        self._add(request.name, hook)

    def add_error_hook(self, request: resource_pb2.RegisterErrorHookRequest) -> None:
        """Take a hook that is asked after an operation failed."""
        opened: Any = request
        self._add(request.name, _Hook(opened.callback, on_error=True))

    def _add(self, name: str, hook: _Hook) -> None:
        if not name:
            raise EngineError("A resource hook has no name: give it one.")
        with self._lock:
            if name in self._hooks:
                raise EngineError(
                    f'resource hook already registered for name "{name}": names of hooks must be '
                    "unique in a program."
                )
            self._hooks[name] = hook
            self.in_use = self.in_use or hook.on_dry_run or not self._dry_run

    def stand_aside(self) -> None:
        """Leave the program's event loop, in which hooks run, before anything is done."""
        if self.in_use:
            leave_loop()

    def before(self, kind: str, *, old: State | None = None, new: State | None = None) -> None:
        """Run the hooks before an operation; one that fails is the operation's failure."""
        self._run("before", kind, old, new, None)

    def after(
        self,
        kind: str,
        *,
        old: State | None = None,
        new: State | None = None,
        outputs: Properties | None = None,
    ) -> None:
        """Run the hooks after an operation, which gave ``outputs``.

        The operation is done: one that fails fails the run, not the operation.
        """
        try:
            self._run("after", kind, old, new, outputs)
        except EngineError as error:
            self._progress.say(Severity.ERROR, error.message, error.urn)
            if self._fail_fast:
                self._progress.stop()

    def tries(
        self,
        operation: str,
        call: Callable[[], _T],
        *,
        old: State | None = None,
        new: State | None = None,
    ) -> _T:
        """Do ``call``, and do it again while it fails and error hooks ask for that.

        ``operation``: create, update or delete. Raises the ``ProviderError`` that ``call`` raised
        last, or one for a hook that failed itself.
        """
        failures: list[str] = []
        while True:
            try:
                return call()
            except ProviderError as error:
                failures.insert(0, _as_told(error))
                if len(failures) >= MOST_TRIES:
                    raise ProviderError(
                        "maximum number of error hook retries reached; the last failure was: "
                        f"{error.message}",
                        state=error.state,
                    ) from error
                try:
                    again = self._asks_again(operation, failures, old, new)
                except EngineError as failure:
                    # What the provider made in part must get into the state.
                    if error.state is not None or operation == "delete":
                        raise error from None
                    raise ProviderError(failure.message) from error
                if not again:
                    raise

    def _asks_again(
        self, operation: str, failures: list[str], old: State | None, new: State | None
    ) -> bool:
        """Ask all error hooks of the resource: one of them is enough."""
        state = _subject(old, new)
        again = False
        for name in state.hooks.get(ON_ERROR, ()):
            hook = self._hooks.get(name)
            if hook is None or not hook.on_error:
                raise _failed(f'error hook "{name}" was not registered', state)
            request = resource_pb2.ErrorHookRequest(
                urn=state.urn,
                id=state.id,
                name=urns.parse(state.urn).name,
                type=state.type,
                new_inputs=_struct(new.inputs if new is not None else None),
                old_inputs=_struct(old.inputs if old is not None else None),
                old_outputs=_struct(old.outputs if old is not None else None),
                failed_operation=operation,
                errors=failures,
            )
            try:
                raw = self._callbacks.invoke(hook.callback, request.SerializeToString())
                answer = resource_pb2.ErrorHookResponse.FromString(raw)
                message = answer.error
            except EngineError as error:
                answer, message = resource_pb2.ErrorHookResponse(), error.message
            if message:
                raise _failed(f'error hook "{name}" failed: {message}', state)
            again = again or answer.retry
        if again:
            self._progress.say(
                Severity.WARNING,
                f"retrying {operation} due to on-error hook request ({len(failures)}/{MOST_TRIES})",
                state.urn,
            )
        return again

    def _run(
        self,
        when: str,
        kind: str,
        old: State | None,
        new: State | None,
        outputs: Properties | None,
    ) -> None:
        state = _subject(old, new)
        for name in state.hooks.get(kind, ()):
            hook = self._hooks.get(name)
            if hook is None or hook.on_error:
                raise EngineError(f'hook "{name}" was not registered', urn=state.urn)
            if self._dry_run and not hook.on_dry_run:
                continue
            request = resource_pb2.ResourceHookRequest(
                urn=state.urn,
                id=state.id,
                name=urns.parse(state.urn).name,
                type=state.type,
                new_inputs=_struct(new.inputs if new is not None else None),
                old_inputs=_struct(old.inputs if old is not None else None),
                new_outputs=_struct(outputs),
                old_outputs=_struct(old.outputs if old is not None else None),
            )
            try:
                raw = self._callbacks.invoke(hook.callback, request.SerializeToString())
                message = resource_pb2.ResourceHookResponse.FromString(raw).error
            except EngineError as error:
                message = error.message
            if not message:
                continue
            if not hook.ignore_errors:
                raise EngineError(f'{when} hook "{name}" failed: {message}', urn=state.urn)
            message = f'{kind} hook "{name}" failed: {message}'
            self._progress.say(Severity.WARNING, message, state.urn)


def bindings(
    request: resource_pb2.RegisterResourceRequest,
) -> dict[str, tuple[str, ...]]:
    """The names of the hooks that the program binds to a resource, by kind."""
    found = {kind: tuple(getattr(request.hooks, field)) for kind, field in _FIELDS.items()}
    return {kind: names for kind, names in found.items() if names}


def delete_hooks(states: Iterable[State]) -> dict[str, tuple[str, ...]]:
    """The hooks that deletions of these resources would call, by URN."""
    found = {
        state.urn: (*state.hooks.get(BEFORE_DELETE, ()), *state.hooks.get(AFTER_DELETE, ()))
        for state in states
    }
    return {urn: names for urn, names in found.items() if names}


def _subject(old: State | None, new: State | None) -> State:
    """The entry whose bindings count: deletions take the state's, all else the program's."""
    state = new or old
    if state is None:
        raise EngineError("A hook was to run for no resource: this is a fault of the engine.")
    return state


def _as_told(error: ProviderError) -> str:
    # That of a resource made in part is a list, which the stock engine prints in its own way.
    return error.message if error.state is None else f"1 error occurred:\n\t* {error.message}\n\n"


def _failed(message: str, state: State) -> EngineError:
    return EngineError(f"error hooks execution failed: {message}", urn=state.urn)


def _struct(properties: Properties | None) -> struct_pb2.Struct | None:
    return None if properties is None else to_struct(properties)
