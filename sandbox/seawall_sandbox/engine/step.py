"""Steps, and what they are decided from."""

from dataclasses import dataclass

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.resource import Goal, State
from seawall_sandbox.events import Op


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


def delete_op(state: State, *, replacing: bool) -> Op:
    """How the end of an entry is called: what is not ours is discarded, not deleted."""
    if state.external:
        return Op.DISCARD_REPLACED if replacing else Op.DISCARD
    return Op.DELETE_REPLACED if replacing else Op.DELETE
