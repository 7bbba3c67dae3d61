"""What a run tells, line by line: steps, their failures, messages. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rich.text import Text

from seawall.cli.tree import STYLES, SYMBOLS, short_name, short_type
from seawall_sandbox.events import Diagnostic, Op, Severity, StepInfo

_SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}
_INDENT = "    "


def step_line(step: StepInfo, seconds: float | None, error: str | None) -> Text:
    """One step as a line; under a failed one, why it failed."""
    if error is None:
        return _line(step, SYMBOLS[step.op], STYLES.get(SYMBOLS[step.op], ""), seconds)
    reason = "".join(f"\n{_INDENT}{each}" for each in error.splitlines())
    return failed_line(step, seconds).append(reason, style="red")


def failed_line(step: StepInfo, seconds: float | None) -> Text:
    """A failed step as a line, without the reason."""
    return _line(step, "✗", "bold red", seconds)


def _line(step: StepInfo, symbol: str, style: str, seconds: float | None) -> Text:
    """Sign, operation, type, name, what changes, time."""
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
    return line


def logical(steps: Sequence[StepInfo]) -> Iterator[StepInfo]:
    """The steps with a replacement as one of them, which has its reasons."""
    reasons = {step.urn: step.replace_reasons for step in steps if step.replace_reasons}
    for step in steps:
        if step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED):
            yield replace(step, replace_reasons=reasons.get(step.urn, ()))


def diagnostic_line(diagnostic: Diagnostic) -> Text:
    """One message as a line, with the resource that it is about."""
    line = Text()
    severity = diagnostic.severity
    if severity in _SEVERITY_STYLE:
        line.append(f"{severity.value}: ", style=_SEVERITY_STYLE[severity])
    # Most messages about a resource name it in their first words.
    if diagnostic.urn and f"'{short_name(diagnostic.urn)}'" not in diagnostic.message:
        line.append(f"{short_name(diagnostic.urn)}: ", style="bold")
    line.append(diagnostic.message)
    return line


class Told:
    """Which failures were told with their step, so that none is told twice."""

    def __init__(self) -> None:
        self._failures: set[tuple[str, str]] = set()

    def step(self, step: StepInfo, error: str | None) -> None:
        """A step was told, with its failure."""
        if error is not None:
            self._failures.add((step.urn, error))

    def skips(self, diagnostic: Diagnostic) -> bool:
        """Whether a message is not to be shown: for debugging, or told before."""
        told = (diagnostic.urn, diagnostic.message) in self._failures
        return told or diagnostic.severity is Severity.DEBUG


def failed_urns(diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Resources that a run could not bring to an end, each once, in order."""
    found = (item.urn for item in diagnostics if item.severity is Severity.ERROR and item.urn)
    return tuple(dict.fromkeys(found))


def names(urns: Sequence[str], limit: int = 3) -> str:
    """The first resources by type and name, and how many more there are."""
    shown = [f"{short_type(urn_type(urn))} {short_name(urn)}" for urn in urns[:limit]]
    more = len(urns) - limit
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def urn_type(urn: str) -> str:
    """The resource's own type: the last of the types in its URN."""
    return urn.split("::")[-2].rsplit("$", maxsplit=1)[-1]
