"""Who depends on whom among recorded resources.

The list is in dependency order, as a deployment is. The rules are those of the stock engine
(pkg/resource/graph/dependency_graph.go of pulumi/pulumi): a resource depends on its provider, on
what its options and properties name, and on its parent; one that depends on a component depends on
the component's children as well.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from seawall_sandbox.engine.resource import State

NONE: Final[frozenset[str]] = frozenset()


class DependencyGraph:
    """The dependencies within one list of entries."""

    def __init__(self, resources: Sequence[State]) -> None:
        self.resources = resources
        self._index = {id(state): place for place, state in enumerate(resources)}
        self._by_urn: dict[str, list[int]] = defaultdict(list)
        self._children: dict[str, list[int]] = defaultdict(list)
        for place, state in enumerate(resources):
            self._by_urn[state.urn].append(place)
            if state.parent:
                self._children[state.parent].append(place)

    def __contains__(self, state: State) -> bool:
        return id(state) in self._index

    def depending_on(self, root: State, ignore: Collection[str] = NONE) -> list[State]:
        """What depends on ``root``, directly or not, in dependency order; not its children as such.

        ``ignore``: URNs that are known to depend on it no more.
        """
        reached = {root.urn}
        found: list[State] = []
        for state in self.resources[self._index[id(root)] + 1 :]:
            if state.urn not in ignore and any(urn in reached for urn in state.needs()):
                found.append(state)
                reached.add(state.urn)
        return found

    def dependencies_of(self, state: State) -> list[State]:
        """The entries that ``state`` depends on directly, its parent included."""
        place = self._index[id(state)]
        found: dict[int, None] = {}
        for urn in state.needs():
            for other in self._by_urn.get(urn, ()):
                if other < place:
                    found[other] = None
                    if not self.resources[other].custom:
                        self._add_children(urn, place, found)
        for other in self._by_urn.get(state.parent, ()) if state.parent else ():
            if other < place:
                found[other] = None
        return [self.resources[other] for other in found]

    def _add_children(self, urn: str, before: int, found: dict[int, None]) -> None:
        waiting = [urn]
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child < before and child not in found:
                    found[child] = None
                    waiting.append(self.resources[child].urn)

    def deletion(self, condemned: Sequence[State]) -> dict[int, list[State]]:
        """For each of ``condemned``, by ``id()``: which others of them must be deleted first."""
        chosen = {id(state) for state in condemned}
        before: dict[int, list[State]] = {key: [] for key in chosen}
        for state in condemned:
            for needed in self.dependencies_of(state):
                if id(needed) in chosen:
                    before[id(needed)].append(state)
        return before
