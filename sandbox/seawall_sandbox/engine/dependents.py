"""Which recorded resources must go before another does.

A resource that is deleted before its replacement is made takes along what would be replaced too.
"""

from collections.abc import Callable, Collection

from seawall_sandbox.engine.difference import replace_on_changes
from seawall_sandbox.engine.graph import DependencyGraph
from seawall_sandbox.engine.resource import State
from seawall_sandbox.protocol import DiffResult
from seawall_sandbox.values import UNKNOWN, Properties

Probe = Callable[[State, Properties], DiffResult]
"""Asks a provider what other inputs would do to a recorded resource."""


def dependent_replacements(
    root: State, graph: DependencyGraph, decided: Collection[str], probe: Probe
) -> list[tuple[State, tuple[str, ...]]]:
    """The resources to replace with ``root`` and why, in dependency order.

    ``decided``: URNs that this run has seen to already, which therefore depend on it no more.
    """
    replaced = {root.urn}
    found: list[tuple[State, tuple[str, ...]]] = []
    # What was imported a moment ago is not among the recorded resources.
    dependents = graph.depending_on(root, decided) if root in graph else []
    for state in dependents:
        keys = _replaced_with(state, replaced, probe)
        if keys is not None:
            found.append((state, keys))
            replaced.add(state.urn)
    known = {id(state) for state, _ in found}
    for state in graph.resources:
        cascades = root.urn in state.replace_with or state.deleted_with == root.urn
        if cascades and id(state) not in known and state.urn not in decided:
            found.append((state, ()))
    return found


def _replaced_with(state: State, replaced: Collection[str], probe: Probe) -> tuple[str, ...] | None:
    if not state.custom or state.external:
        return None
    if state.provider_urn() in replaced or state.deleted_with in replaced:
        return ()
    touched = {
        key
        for key, names in state.property_dependencies.items()
        if key in state.inputs and any(name in replaced for name in names)
    }
    if not touched:
        return None
    inputs = {key: UNKNOWN if key in touched else value for key, value in state.inputs.items()}
    diff = replace_on_changes(probe(state, inputs), state.replace_on_changes, has_init_errors=False)
    return diff.replaces or None
