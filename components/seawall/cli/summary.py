"""What stands at the end of a run: JSON for machines, a few lines for people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, final

from rich.console import Console
from rich.text import Text

from seawall.cli.lines import failed_urns, names, urn_type
from seawall.cli.tree import short_type
from seawall_sandbox.events import Op, RunResult, Severity
from seawall_sandbox.values import UNKNOWN, Secret

_HIDDEN = "[secret]"
_UNKNOWN = "[known after up]"
_CHANGES = {
    "create": ("created", "to create", "green"),
    "update": ("updated", "to update", "yellow"),
    "replace": ("replaced", "to replace", "magenta"),
    "delete": ("deleted", "to delete", "red"),
}


@final
@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a run's traces are, and how to go on from there."""

    endpoint: str = ""
    """The emulator's address."""
    manifests: str = ""
    """Directory of the rendered Kubernetes objects; empty if there are none."""
    report: str = ""
    """The command that makes the report."""


def printable(value: Any) -> Any:
    """A value with its secrets hidden and its unknowns named: safe for terminals, logs and JSON."""
    if isinstance(value, Secret):
        return _HIDDEN
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: printable(item) for key, item in items.items()}
    if isinstance(value, list):
        return [printable(item) for item in cast("list[Any]", value)]
    return value


def as_json(result: RunResult) -> dict[str, Any]:
    """The contract of ``--json``: steps, summary, outputs, duration."""
    steps: list[dict[str, Any]] = []
    for step in result.steps:
        entry: dict[str, Any] = {"op": step.op.value, "urn": step.urn, "type": step.type}
        if step.replace_reasons:
            entry["replaceReasons"] = list(step.replace_reasons)
        steps.append(entry)
    return {
        "steps": steps,
        "summary": counts(result),
        "outputs": printable(dict(result.outputs)),
        "durationSeconds": round(result.seconds, 3),
    }


def counts(result: RunResult) -> dict[str, int]:
    """Steps by kind, without those that failed."""
    failed = frozenset(failed_urns(result.diagnostics))
    done = tuple(step for step in result.steps if step.urn not in failed)
    return RunResult(steps=done, outputs={}, seconds=0.0).counts()


def messages(result: RunResult) -> Iterator[str]:
    """Notices, warnings and errors as plain lines, for standard error beside ``--json``."""
    for notice in result.notices:
        yield f"note: {notice}"
    for item in result.diagnostics:
        if item.severity in (Severity.ERROR, Severity.WARNING):
            yield f"{item.severity.value}: {item.message}"


def counts_line(verb: str, result: RunResult) -> Text:
    """``3 changes: 2 created, 1 updated, 152 unchanged in 2.1 s``: one line."""
    found = counts(result)
    changes = sum(found[name] for name in _CHANGES)
    details = [
        (f"{found[name]} {future if verb == 'preview' else past}", style)
        for name, (past, future, style) in _CHANGES.items()
        if found[name]
    ]
    if failed := failed_urns(result.diagnostics):
        details.append((f"{len(failed)} failed", "bold red"))
    if found["same"]:
        details.append((f"{found['same']} unchanged", "dim"))
    line = Text.assemble((f"{changes} change{'' if changes == 1 else 's'}", "bold"))
    for index, (text, style) in enumerate(details):
        line.append(": " if index == 0 else ", ").append(text, style=style)
    return line.append(f" in {result.seconds:.1f} s", style="dim")


def ending(verb: str, stack: str, result: RunResult, around: Surroundings) -> Iterator[Text]:
    """The end of a run for a person, line by line."""
    yield Text()
    for notice in result.notices:
        yield Text(f"note: {notice}", style="yellow")
    if result.failed:
        failed = failed_urns(result.diagnostics)
        where = f" at {names(failed)}" if failed else ""
        cure = (
            "nothing was changed. Mend what is named above."
            if verb == "preview"
            else "what was done is kept in the state. Mend what is named above and run it again."
        )
        yield Text.assemble((f"{verb} of stack {stack} failed{where}; ", "bold red"), cure)
    yield counts_line(verb, result)
    if verb == "up" and not result.failed:
        yield Text()
        yield from _columns(_platform(stack, result, around))


def show(verb: str, stack: str, result: RunResult, around: Surroundings) -> None:
    """Print the end of a run for a person."""
    # Lines as long as they are: a URL that is cut in two cannot be opened.
    console = Console(highlight=False, soft_wrap=True)
    for line in ending(verb, stack, result, around):
        console.print(line)


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[Text]:
    everything = list(rows)
    width = max(len(name) for name, _ in everything)
    for name, value in everything:
        yield Text.assemble((f"  {name:<{width}}  ", "bold"), value)


def _platform(stack: str, result: RunResult, around: Surroundings) -> Iterator[tuple[str, str]]:
    outputs: dict[str, Any] = printable(dict(result.outputs))
    if "clusterName" in outputs:
        yield from _listed(
            "Entry", [str(outputs.get("entryUrl") or "none: no service has a route")]
        )
        version = outputs.get("clusterVersion")
        yield "Cluster", f"{outputs['clusterName']} (Kubernetes {version})"
        registries: object = outputs.get("registryUrls")
        if isinstance(registries, Mapping):
            found = cast("Mapping[str, object]", registries)
            yield from _listed("Registries", [str(found[name]) for name in sorted(found)])
    else:
        for name, value in outputs.items():
            yield name, str(value)
    present = [step for step in result.steps if step.op not in (Op.DELETE, Op.DELETE_REPLACED)]
    resources = {step.urn for step in present if step.custom}
    components = {step.urn for step in present if not step.custom and "pulumi:" not in step.type}
    noun = "component" if len(components) == 1 else "components"
    within = f" in {len(components)} {noun}" if components else ""
    yield "Resources", f"{len(resources)}{within} of stack {stack}"
    if result.recorded_only:
        yield "Recorded", f"{len(result.recorded_only)} of them are kept, but not emulated:"
        kinds = {short_type(urn_type(urn)) for urn in result.recorded_only}
        yield from (("", kind) for kind in sorted(kinds))
    if around.manifests:
        yield "Manifests", around.manifests
    yield "AWS", f"emulated at {around.endpoint}; no container runs"
    yield "Report", around.report


def _listed(title: str, values: list[str]) -> Iterator[tuple[str, str]]:
    for index, value in enumerate(values):
        yield (title if index == 0 else ""), value
