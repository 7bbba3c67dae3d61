"""How a run shows itself: a live tree on a terminal, plain lines elsewhere."""

import os
import threading
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from seawall.cli.tree import STYLES, SYMBOLS, Branch, Tree, short_name, short_type
from seawall_sandbox.events import Diagnostic, Op, Severity, StepInfo

_SILENT = frozenset({Op.SAME})
_SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}


def wants_live_view(stream: TextIO) -> bool:
    """A terminal that can redraw, and no CI."""
    return (
        stream.isatty()
        and os.environ.get("CI", "").lower() not in ("1", "true")
        and os.environ.get("TERM", "") != "dumb"
    )


class PlainDisplay:
    """One line for each finished step that changes something, and for each diagnostic."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()

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
            self._console.print(step_line(step, seconds, error))

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity is Severity.DEBUG:
            return
        with self._lock:
            self._console.print(diagnostic_line(diagnostic))


class LiveDisplay:
    """A tree by component that is redrawn while the run goes on; diagnostics scroll above it."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._tree = Tree()
        self._lock = threading.Lock()
        self._live = Live(console=self._console, refresh_per_second=8, transient=False)
        self._spinners: dict[str, Spinner] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
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

    def step_started(self, step: StepInfo) -> None:
        with self._lock:
            self._tree.start(step)
            self._live.update(self._render())

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        with self._lock:
            self._tree.finish(step, seconds, error)
            self._live.update(self._render())
        if error is not None:
            self._console.print(step_line(step, seconds, error))

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity is not Severity.DEBUG:
            self._console.print(diagnostic_line(diagnostic))

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        for branch in self._tree.branches.values():
            table.add_row(self._sign(branch), *_cells(branch))
        return Group(table)

    def _sign(self, branch: Branch) -> RenderableType:
        if branch.failed:
            return Text("✗", style="bold red")
        if branch.running:
            return self._spinners.setdefault(branch.urn, Spinner("dots"))
        return Text("✓", style="green")


def _cells(branch: Branch) -> tuple[Text, Text, Text]:
    name = "stack" if branch.urn == "stack" else short_name(branch.urn)
    label = Text(name, style="bold")
    label.append(f"  {short_type(branch.type)}" if branch.type != "stack" else "", style="dim")
    counts = Text()
    for symbol in ("+", "~", "±", "-", "<", "="):
        if branch.done.get(symbol):
            counts.append(f"{symbol}{branch.done[symbol]} ", style=STYLES[symbol])
    if branch.done.get(" "):
        counts.append(f"{branch.done[' ']} same", style="dim")
    if branch.failed:
        counts.append(f" {len(branch.failed)} failed", style="bold red")
    now = Text(style="dim")
    if branch.running:
        step = next(iter(branch.running.values()))
        rest = len(branch.running) - 1
        now.append(f"{short_type(step.type)} {short_name(step.urn)}")
        now.append(f" and {rest} more" if rest else "")
    return label, counts, now


def step_line(step: StepInfo, seconds: float | None, error: str | None) -> Text:
    """One step as a line: sign, type, name, what changes, time, or why it failed."""
    symbol = SYMBOLS[step.op] if error is None else "✗"
    style = STYLES.get(symbol, "bold red" if error else "")
    line = Text()
    line.append(f"{symbol} {step.op.value:<8} ", style=style)
    line.append(short_type(step.type), style="dim")
    line.append(f" {short_name(step.urn)}")
    if step.replace_reasons:
        line.append(f" (replaced by: {', '.join(step.replace_reasons)})", style="magenta")
    elif step.changed:
        line.append(f" ({', '.join(step.changed)})", style="dim")
    if seconds is not None and seconds >= 0.1:
        line.append(f" {seconds:.1f}s", style="dim")
    if error is not None:
        line.append(f"\n    {error}", style="red")
    return line


def diagnostic_line(diagnostic: Diagnostic) -> Text:
    """One message as a line, with the resource that it is about."""
    line = Text()
    severity = diagnostic.severity
    if severity in _SEVERITY_STYLE:
        line.append(f"{severity.value}: ", style=_SEVERITY_STYLE[severity])
    if diagnostic.urn:
        line.append(f"{short_name(diagnostic.urn)}: ", style="bold")
    line.append(diagnostic.message)
    return line
