"""Steps folded into components: what the live view shows. Pure."""

from dataclasses import dataclass, field

from seawall_sandbox.events import Op, StepInfo

SYMBOLS = {
    Op.SAME: " ",
    Op.CREATE: "+",
    Op.UPDATE: "~",
    Op.DELETE: "-",
    Op.REPLACE: "±",
    Op.CREATE_REPLACEMENT: "+",
    Op.DELETE_REPLACED: "-",
    Op.READ: "<",
    Op.READ_REPLACEMENT: "<",
    Op.REFRESH: "~",
    Op.DISCARD: "-",
    Op.DISCARD_REPLACED: "-",
    Op.IMPORT: "=",
    Op.IMPORT_REPLACEMENT: "=",
}
"""Signs beside the colours, so that the view reads without colour."""

STYLES = {"+": "green", "~": "yellow", "-": "red", "±": "magenta", "<": "cyan", "=": "cyan"}


def short_name(urn: str) -> str:
    """The resource's own name: the last part of its URN."""
    return urn.rsplit("::", 1)[-1]


def short_type(type_: str) -> str:
    """``aws:ec2/vpc:Vpc`` as ``aws:Vpc``, ``kubernetes:apps/v1:Deployment`` as itself in short."""
    parts = type_.split(":")
    return f"{parts[0]}:{parts[-1]}"


@dataclass(slots=True)
class Branch:
    """One component with what happens to its descendants."""

    urn: str
    type: str
    running: dict[str, StepInfo] = field(default_factory=dict[str, StepInfo])
    done: dict[str, int] = field(default_factory=dict[str, int])
    """Finished steps by symbol."""
    failed: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def changes(self) -> int:
        """Finished steps that changed something."""
        return sum(count for symbol, count in self.done.items() if symbol != " ")


class Tree:
    """Branches in the order in which they appeared.

    A branch is a component right below the stack, or the stack itself for what has no component.
    """

    def __init__(self) -> None:
        self.branches: dict[str, Branch] = {}
        self._parents: dict[str, str] = {}
        self._types: dict[str, str] = {}

    def branch_of(self, step: StepInfo) -> Branch:
        """The branch that a step belongs to."""
        self._parents[step.urn] = step.parent
        self._types[step.urn] = step.type
        urn = step.urn
        while (parent := self._parents.get(urn, "")) and not _is_stack(parent):
            urn = parent
        type_ = self._types.get(urn, urn.split("::")[-2].split("$")[-1])
        if type_.startswith("pulumi:") or not _is_component(type_):
            urn, type_ = "stack", "stack"
        return self.branches.setdefault(urn, Branch(urn, type_))

    def start(self, step: StepInfo) -> None:
        """A step began."""
        self.branch_of(step).running[step.urn] = step

    def finish(self, step: StepInfo, seconds: float, error: str | None) -> None:
        """A step ended."""
        branch = self.branch_of(step)
        branch.running.pop(step.urn, None)
        branch.seconds += seconds
        if error is not None:
            branch.failed.append(step.urn)
            return
        symbol = SYMBOLS[step.op]
        branch.done[symbol] = branch.done.get(symbol, 0) + 1


def _is_stack(urn: str) -> bool:
    return "::pulumi:pulumi:Stack::" in urn


def _is_component(type_: str) -> bool:
    return type_.startswith("seawall:")
