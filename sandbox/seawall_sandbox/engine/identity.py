"""URNs of a run: who has which, and under which former URN the state knows a resource.

The rules for aliases are those of the stock engine (``generateAliases`` in
pkg/resource/deploy/step_generator.go of pulumi/pulumi).
"""

from collections.abc import Mapping

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.resource import Alias, Goal, State


class Identities:
    """The URNs that the program has claimed, and what the state has for them."""

    def __init__(self, stack: str, project: str, olds: Mapping[str, State]) -> None:
        self.stack = stack
        self.project = project
        self.olds = olds
        self.seen: set[str] = set()
        self._aliased: dict[str, str] = {}
        self._aliases: dict[str, str] = {}

    def claim(self, parent: str, type_: str, name: str) -> str:
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

    def find(self, urn: str, goal: Goal) -> tuple[State | None, str]:
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
