"""How a run shows itself: a live tree on a terminal, plain lines elsewhere."""

import os
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from seawall.cli.lines import Told, diagnostic_line, failed_line, logical, step_line
from seawall.cli.tree import STYLES, Branch, Tree, short_name, short_type
from seawall_sandbox.events import Diagnostic, Op, StepInfo

_SILENT = frozenset({Op.SAME})
_LONGEST_LABEL = 40
_LONGEST_COUNTS = 24


def _widest(texts: Iterable[Text], limit: int) -> int:
    return min(limit, max((text.cell_len for text in texts), default=1))


def wants_live_view(stream: TextIO) -> bool:
    """A terminal that can redraw, and no CI."""
    return (
        stream.isatty()
        and os.environ.get("CI", "").lower() not in ("1", "true")
        and os.environ.get("TERM", "") != "dumb"
    )


class PlainDisplay:
    """One line for each finished step that changes something, and for each message."""

    def __init__(self, stream: TextIO) -> None:
        # Lines as long as they are: whoever reads a log searches and copies.
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._told = Told()

    def __enter__(self) -> Self:
        """Nothing to set up."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to take down."""

    def step_started(self, step: StepInfo) -> None:
        """Plain output tells of steps when they end."""

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        if error is None and step.op in _SILENT:
            return
        with self._lock:
            self._told.step(step, error)
            self._console.print(step_line(step, seconds, error))

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        with self._lock:
            if not self._told.skips(diagnostic):
                self._console.print(diagnostic_line(diagnostic))


class LiveDisplay:
    """A tree by component that is redrawn while the run goes on; messages scroll above it.

    With ``listing``, which is for previews, the steps themselves stand there at the end.
    """

    def __init__(self, stream: TextIO, *, listing: bool = False) -> None:
        self._console = Console(file=stream, highlight=False)
        self._tree = Tree()
        self._lock = threading.Lock()
        self._live = Live(console=self._console, refresh_per_second=8, transient=listing)
        self._spinners: dict[str, Spinner] = {}
        self._told = Told()
        self._listing = listing
        self._steps: dict[str, list[StepInfo]] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.update(Spinner("dots", text="getting ready"))
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw the last picture."""
        with self._lock:
            self._live.update(self._render())
        self._live.__exit__(kind, error, trace)
        for urn, steps in self._steps.items():
            self._console.print(_label(self._tree.branches[urn]))
            for step in logical(steps):
                line = Text("  ").append_text(step_line(step, None, None))
                self._console.print(line, soft_wrap=True)

    def step_started(self, step: StepInfo) -> None:
        with self._lock:
            self._tree.start(step)
            self._live.update(self._render())

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        with self._lock:
            self._tree.finish(step, seconds, error)
            self._live.update(self._render())
            if self._listing and error is None and step.op not in _SILENT:
                urn = self._tree.branch_of(step).urn
                self._steps.setdefault(urn, []).append(step)
            self._told.step(step, error)
        if error is not None:
            self._console.print(failed_line(step, seconds))
            self._console.print(Padding(Text(error, style="red"), (0, 0, 0, 4)))

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        with self._lock:
            skips = self._told.skips(diagnostic)
        if not skips:
            self._console.print(diagnostic_line(diagnostic))

    def _render(self) -> RenderableType:
        branches = list(self._tree.branches.values())
        labels, counts = [_label(each) for each in branches], [_counts(each) for each in branches]
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        # Set widths: what is at work comes and goes, and must not push the rest about.
        table.add_column(no_wrap=True, overflow="ellipsis", width=_widest(labels, _LONGEST_LABEL))
        table.add_column(no_wrap=True, width=_widest(counts, _LONGEST_COUNTS))
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for branch, label, count in zip(branches, labels, counts, strict=True):
            table.add_row(self._sign(branch), label, count, _now(branch))
        return table

    def _sign(self, branch: Branch) -> RenderableType:
        if branch.failed:
            return Text("✗", style="bold red")
        if branch.running:
            return self._spinners.setdefault(branch.urn, Spinner("dots"))
        return Text("✓", style="green")


def _label(branch: Branch) -> Text:
    if branch.type == "stack":
        return Text("stack", style="bold")
    return Text.assemble(
        (branch.type.rsplit(":", 1)[-1], "bold"), (f" {short_name(branch.urn)}", "dim")
    )


def _counts(branch: Branch) -> Text:
    counts = [
        (f"{symbol}{branch.done[symbol]}", STYLES[symbol])
        for symbol in ("+", "~", "±", "-", "<", "=")
        if branch.done.get(symbol)
    ]
    if branch.done.get(" "):
        counts.append((f"{branch.done[' ']} same", "dim"))
    if branch.failed:
        counts.append((f"{len(branch.failed)} failed", "bold red"))
    return Text(" ").join(Text(text, style=style) for text, style in counts)


def _now(branch: Branch) -> Text:
    if not branch.running:
        return Text()
    step = next(iter(branch.running.values()))
    rest = len(branch.running) - 1
    # The count first: it stays when a long name is cut off.
    more = f"{rest + 1} at work: " if rest else ""
    return Text(f"{more}{short_type(step.type)} {short_name(step.urn)}", style="dim")
