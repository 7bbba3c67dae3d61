"""Which resources a run may change: targets, excludes, and what depends on them.

The rules are those of pkg/resource/deploy/{deployment,step_generator}.go of pulumi/pulumi
(``UrnTargets``, ``isTargetedForUpdate``, ``determineAllowedResourcesToDeleteFromTargets``). The CLI
takes targets or excludes, not both.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.resource import State


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> re.Pattern[str]:
    segments = (
        "[^:]*".join(re.escape(part) for part in segment.split("*"))
        for segment in pattern.split("**")
    )
    return re.compile(".*".join(segments), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Patterns:
    """URNs, whole or with ``*`` for a part between colons and ``**`` for anything."""

    texts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts)

    def __contains__(self, urn: str) -> bool:
        return urn in self.texts or any(
            "*" in text and _matcher(text).fullmatch(urn) for text in self.texts
        )


@dataclass(slots=True)
class Selection:
    """What one pass over the resources may change: everything, unless it says otherwise.

    ``targets``: these alone, with ``target_dependents`` also what depends on them. ``excludes``:
    all but these, with ``exclude_dependents`` nor what depends on them. Resources are to be shown
    to it in dependency order.
    """

    targets: Patterns = field(default_factory=Patterns)
    excludes: Patterns = field(default_factory=Patterns)
    target_dependents: bool = False
    exclude_dependents: bool = False
    _reached: set[str] = field(default_factory=set[str])

    def includes(self, state: State) -> bool:
        """Whether the run may change the resource."""
        if self.targets:
            if state.urn in self.targets or (self.target_dependents and self._follows(state)):
                self._reached.add(state.urn)
                return True
            return False
        if self.excludes and (
            state.urn in self.excludes or (self.exclude_dependents and self._follows(state))
        ):
            self._reached.add(state.urn)
            return False
        return True

    def deletable(self, resources: Sequence[State]) -> set[str]:
        """Of the recorded resources, given in dependency order, those that may be deleted.

        Targets take along what depends on them and their children: see ``unasked``.
        """
        if self.targets:
            return _dependents(resources, self.targets)
        every = {state.urn for state in resources}
        if not self.excludes:
            return every
        kept = {urn for urn in every if urn in self.excludes}
        if self.exclude_dependents:
            kept = _dependents(resources, self.excludes)
        for state in reversed(resources):
            if state.urn in kept:
                kept.update((*state.needs(), state.parent))
        return every - kept

    def unasked(self, urn: str) -> bool:
        """Whether deleting the resource needs a word from the user that was not given."""
        return bool(self.targets) and not self.target_dependents and urn not in self.targets

    def _follows(self, state: State) -> bool:
        return not self._reached.isdisjoint((*state.needs(), state.parent))


def missing(patterns: Patterns, urns: Iterable[str]) -> list[EngineError]:
    """An error for each whole URN that is not among ``urns``; a pattern may match nothing."""
    known = set(urns)
    return [
        EngineError(
            f"The stack has no resource {text}: name it by the URN that a preview or the state "
            "shows. A URN with a $ needs single quotes in a shell."
        )
        for text in patterns.texts
        if "*" not in text and text not in known
    ]


def _dependents(resources: Sequence[State], roots: Patterns) -> set[str]:
    reached = {state.urn for state in resources if state.urn in roots}
    for state in resources:
        if not reached.isdisjoint((*state.needs(), state.parent)):
            reached.add(state.urn)
    return reached
