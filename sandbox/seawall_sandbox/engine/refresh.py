"""Bringing the recorded state in line with what is there: after a drift, or a run cut short."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.apply import now
from seawall_sandbox.engine.difference import changed_names
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.journal import Recorder
from seawall_sandbox.engine.progress import Progress, explain
from seawall_sandbox.engine.providers import Instance, Registry, secured
from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.serialize import Deployment, order
from seawall_sandbox.events import Op, Severity, StepInfo
from seawall_sandbox.protocol import ProviderError, ResourceState

_CHANGING: Final = ("updating", "deleting")


def recover(
    base: Deployment, registry: Registry, progress: Progress, *, dry_run: bool
) -> Deployment:
    """``base`` with its interrupted operations resolved as far as can be known.

    A create that was cut short may have left a resource: when the provider can look for it and
    finds it, it is finished (but for a dry run) and taken into the state; when the provider cannot
    tell, the user is told what to look after.
    Updates and deletes were of resources that the state has: what became of them is read.
    Raises ``EngineError`` when the provider cannot look at all: the operation then stays pending.
    """
    resources = list(base.resources)

    def tell(message: str, urn: str) -> None:
        progress.say(Severity.WARNING, message, urn)

    for pending in base.pending:
        state = pending.state
        if urns.is_provider_type(state.type):
            continue
        try:
            if pending.kind in _CHANGING:
                _reread(resources, state, registry)
            if pending.kind != "creating":
                continue
            held = frozenset(
                one.id
                for one in resources
                # What was deleted ahead of its replacement may have given its id to it.
                if one.type == state.type and not one.pending_replacement
            )
            instance = registry.get(state.provider)
            result = instance.find(state, held)
            if result is not None and result.id and not dry_run:
                result = _finished(instance, state, result, tell)
        except (ProviderError, EngineError) as error:
            message = (
                f"The last run was interrupted while it was {pending.kind} {state.urn}, and what "
                f"became of that could not be looked into: {error.message}"
            )
            if not dry_run:
                # To go on could make a second one, or leave the first one behind.
                raise EngineError(f"{message} Nothing was touched.", urn=state.urn) from error
            tell(message, state.urn)
            continue
        if result is None:
            tell(
                f"The last run was interrupted while it created {state.urn}. The resource may "
                "exist although the state does not know it: look for it (inputs are in the state's "
                "backup) and delete it if it is there. It will be created anew.",
                state.urn,
            )
        elif result.id:
            tell(
                f"The last run was interrupted while it created {state.urn}: the resource was "
                f"found as {result.id} and taken into the state.",
                state.urn,
            )
            _succeed(resources, state, result)
    return Deployment(order(resources))


def _finished(
    instance: Instance, state: State, found: ResourceState, tell: Callable[[str, str], None]
) -> ResourceState:
    """What was found, after the rest of its create was done; or as far as it came."""
    try:
        return instance.finish(state, found)
    except ProviderError as error:
        if error.state is None:
            raise
        tell(error.message, state.urn)
        return secured(replace(error.state, inputs=None), state.inputs)


def _reread(resources: list[State], state: State, registry: Registry) -> None:
    """Take in what became of a resource whose update or deletion was cut short."""
    for place, known in enumerate(resources):
        if (known.urn, known.id) == (state.urn, state.id):
            fresh, _ = _read(known, registry)
            resources[place : place + 1] = [] if fresh is None else [fresh]
            return


def _succeed(resources: list[State], state: State, result: ResourceState) -> None:
    """Put ``result`` where a finished create of ``state`` would be.

    A live resource of the same URN was being replaced: it waits for its deletion now, or is gone
    when it was deleted first.
    """
    for other in list(resources):
        if other.urn == state.urn and not other.delete:
            if other.pending_replacement:
                resources.remove(other)
            else:
                other.delete = True
    resources.append(
        state.changed(
            id=result.id,
            outputs=result.outputs,
            inputs=result.inputs or state.inputs,
            created=now(),
            modified=now(),
        )
    )


def refresh(
    resources: Iterable[State],
    progress: Progress,
    registry: Registry,
    recorder: Recorder,
    *,
    parallel: int,
    as_result: bool,
    includes: Callable[[State], bool],
) -> None:
    """Read every resource, record what it is now, and forget what is gone.

    ``includes``: which resources to read.
    ``as_result``: steps say what came of it (same, update, delete), as they do when refreshing is
    all that is done; otherwise each is a refresh.
    """
    states = [state for state in resources if includes(state)]

    def one(state: State) -> State | None:
        if progress.stopped():
            return state
        started = time.perf_counter()
        try:
            fresh, names = _read(state, registry) if _is_read(state) else (state, ())
        except Exception as error:  # noqa: BLE001  # one failed read must not hide the others
            progress.say(Severity.ERROR, explain(error), state.urn)
            return state
        outcome = Op.DELETE if fresh is None else Op.UPDATE if names else Op.SAME
        info = StepInfo(
            op=outcome if as_result else Op.REFRESH,
            urn=state.urn,
            type=state.type,
            parent=state.parent,
            custom=state.custom,
            changed=names,
        )
        progress.begin(info)
        progress.end(info, time.perf_counter() - started)
        return fresh

    with ThreadPoolExecutor(parallel, thread_name_prefix="refresh") as pool:
        results = list(pool.map(one, states))
    gone: set[str] = set()
    for state, fresh in zip(states, results, strict=True):
        if fresh is None:
            gone.add(state.urn)
            recorder.remove(state)
        elif fresh is not state:
            recorder.put(fresh, replaces=state)
    if gone:
        _forget(gone, recorder)


def _is_read(state: State) -> bool:
    """Whether a provider can tell of it; anything else is as it is recorded."""
    read = state.custom and not urns.is_provider_type(state.type)
    return read and not state.pending_replacement and bool(state.id)


def _read(state: State, registry: Registry) -> tuple[State | None, tuple[str, ...]]:
    instance = registry.get(state.provider)
    result = instance.read(state, state.inputs, state.outputs)
    if not result.id:
        return None, ()
    inputs = state.inputs if result.inputs is None else result.inputs
    fresh = state.changed(id=result.id, inputs=inputs, outputs=result.outputs, init_errors=())
    if (inputs, result.outputs) == (state.inputs, state.outputs):
        return fresh, ()
    fresh.modified = now()
    if state.external:
        return fresh, tuple(
            key for key, value in result.outputs.items() if state.outputs.get(key) != value
        )
    # What an update with an unchanged program would put right again.
    return fresh, changed_names(instance.diff(fresh, state.inputs, state.ignore_changes))


def _forget(gone: set[str], recorder: Recorder) -> None:
    """Take resources that are gone out of what others say they depend on."""
    remaining = recorder.deployment().resources
    gone = gone - {state.urn for state in remaining}
    for state in remaining:
        if gone.isdisjoint([*state.dependencies, *state.needs(), state.parent]):
            continue
        fresh = state.changed(
            dependencies=tuple(urn for urn in state.dependencies if urn not in gone),
            property_dependencies={
                key: kept
                for key, names in state.property_dependencies.items()
                if (kept := tuple(urn for urn in names if urn not in gone))
            },
            deleted_with="" if state.deleted_with in gone else state.deleted_with,
            replace_with=tuple(urn for urn in state.replace_with if urn not in gone),
            parent="" if state.parent in gone else state.parent,
        )
        recorder.put(fresh, replaces=state)
