"""What stands at the end of a run: JSON for machines, a few lines for people."""

from typing import Any

from rich.console import Console
from rich.text import Text

from seawall.cli.tree import short_type
from seawall_sandbox.events import Op, RunResult
from seawall_sandbox.session import Session
from seawall_sandbox.values import UNKNOWN, Secret

_HIDDEN = "[secret]"
_UNKNOWN = "[known after up]"
_VERBS = {"preview": "would", "up": "did", "destroy": "did", "refresh": "did"}


def printable(value: Any) -> Any:
    """A value with its secrets hidden and its unknowns named: safe for terminals, logs and JSON."""
    if isinstance(value, Secret):
        return _HIDDEN
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [printable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
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
        "summary": result.counts(),
        "outputs": printable(dict(result.outputs)),
        "durationSeconds": round(result.seconds, 3),
    }


def counts_line(verb: str, result: RunResult) -> Text:
    """``184 resources: 184 created, 0 changed``: one line, also without colour."""
    counts = result.counts()
    done = verb != "preview"
    words = {
        "create": ("created", "to create", "green"),
        "update": ("updated", "to update", "yellow"),
        "replace": ("replaced", "to replace", "magenta"),
        "delete": ("deleted", "to delete", "red"),
    }
    changes = sum(counts[name] for name in words)
    line = Text(f"{changes} change{'' if changes == 1 else 's'}", style="bold")
    details = [
        (f"{counts[name]} {past if done else future}", style)
        for name, (past, future, style) in words.items()
        if counts[name]
    ]
    if counts["same"]:
        details.append((f"{counts['same']} unchanged", "dim"))
    for index, (text, style) in enumerate(details):
        line.append(": " if index == 0 else ", ")
        line.append(text, style=style)
    line.append(f" in {result.seconds:.1f} s", style="dim")
    return line


def show(verb: str, stack: str, session: Session, result: RunResult) -> None:
    """Print the end of a run for a person."""
    console = Console(highlight=False, soft_wrap=True)
    console.print()
    for notice in result.notices:
        console.print(Text(f"note: {notice}", style="yellow"))
    if result.failed:
        console.print(
            Text(f"{verb} of stack {stack} failed; ", style="bold red").append(
                "what was done is kept in the state. Mend what is named above and run it again.",
                style="default",
            )
        )
        console.print(counts_line(verb, result))
        return
    console.print(counts_line(verb, result))
    if verb == "up":
        _show_platform(console, stack, session, result)


def _show_platform(console: Console, stack: str, session: Session, result: RunResult) -> None:
    outputs: dict[str, Any] = printable(dict(result.outputs))
    rows: list[tuple[str, str]] = []
    if "entryUrl" in outputs:
        rows.append(("Entry", str(outputs["entryUrl"])))
    if "clusterName" in outputs:
        version = outputs.get("clusterVersion")
        rows.append(("Cluster", f"{outputs['clusterName']} (Kubernetes {version})"))
    registries: Any = outputs.get("registryUrls")
    if isinstance(registries, dict):
        urls: list[str] = [str(url) for url in registries.values()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        rows.extend(("Registries" if index == 0 else "", url) for index, url in enumerate(urls))
    if not rows:
        rows.extend((name, str(value)) for name, value in outputs.items())
    total = sum(1 for step in result.steps if step.op is not Op.DELETE)
    rows.append(("Resources", str(total)))
    if result.recorded_only:
        kinds = sorted(
            {short_type(urn.split("::")[-2].split("$")[-1]) for urn in result.recorded_only}
        )
        rows.append(
            ("Recorded", f"{len(result.recorded_only)} not emulated, only kept: {', '.join(kinds)}")
        )
    if session.render_dir.is_dir():
        rows.append(("Manifests", str(session.render_dir)))
    rows.append(("AWS", f"emulated at {session.emulator_endpoint}; no container runs"))
    rows.append(("Report", f"seawall report --stack {stack}"))
    width = max(len(name) for name, _ in rows)
    console.print()
    for name, value in rows:
        console.print(Text(f"  {name:<{width}}  ", style="bold").append(value, style="default"))
