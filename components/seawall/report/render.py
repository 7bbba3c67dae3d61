"""A report as Markdown for people and as JSON for machines. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.report.model import Report


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values; keys are part of the command's contract."""
    return {
        "stack": report.stack,
        "resources": [
            {
                "component": component,
                "type": resource.type,
                "name": resource.name,
                "urn": resource.urn,
            }
            for component, resources in report.resources.items()
            for resource in resources
        ],
        "ports": [
            {
                "group": port.group,
                "direction": port.direction,
                "protocol": port.protocol,
                "ports": port.ports,
                "peer": port.peer,
                "reason": port.reason,
            }
            for port in report.ports
        ],
        "recordedOnly": list(report.recorded_only),
        "composeNotes": [
            {"path": path, "fate": fate, "why": why} for path, fate, why in report.notes
        ],
    }


def as_markdown(report: Report) -> str:
    """The report as Markdown, answers first."""
    total = sum(len(resources) for resources in report.resources.values())
    public = [
        port
        for port in report.ports
        if port.direction == "ingress" and port.peer == "0.0.0.0/0"  # compared only
    ]
    entries = ", ".join(f"{port.ports}/{port.protocol} on {port.group}" for port in public)
    lines = [
        f"# Platform report: stack {report.stack}",
        "",
        _answer(report, total, entries),
        "",
        "## Open ports",
        "",
        *_table(
            ("Group", "Direction", "Protocol", "Ports", "Peer", "Reason"),
            [
                (port.group, port.direction, port.protocol, port.ports, port.peer, port.reason)
                for port in report.ports
            ],
        ),
        "",
        "## Resources by component",
        "",
    ]
    for component, resources in report.resources.items():
        counts = Counter(resource.type for resource in resources)
        lines += [f"### {component} ({len(resources)})", ""]
        lines += _table(
            ("Type", "Count"), [(type_, str(count)) for type_, count in sorted(counts.items())]
        )
        lines.append("")
    lines += ["## Recorded, not emulated", ""]
    if report.recorded_only:
        lines.append("The emulators lack these; the sandbox keeps what was asked for, no more.")
        lines.append("")
        lines += [f"- `{_short(urn)}`" for urn in report.recorded_only]
    else:
        lines.append("Nothing: every resource is emulated.")
    if report.notes:
        lines += ["", "## Compose keys that do not carry over as they are", ""]
        lines += _table(("Key", "Fate", "Why"), report.notes)
    return "\n".join(lines).rstrip() + "\n"


def _answer(report: Report, total: int, entries: str) -> str:
    return (
        f"{total} resources in {len(report.resources)} components; {len(report.ports)} "
        f"security-group rules. Open to the internet: {entries or 'nothing'}."
    )


def plan_as_markdown(
    stack: str, steps: Sequence[Mapping[str, Any]], counts: Mapping[str, int]
) -> str:
    """The steps of a preview as Markdown for a pull request: danger first, unchanged left out."""
    order = ("replace", "delete", "update", "create")
    changes = [step for step in steps if step["op"] in order]
    changes.sort(key=lambda step: order.index(step["op"]))
    total = ", ".join(f"{counts[op]} to {op}" for op in order if counts.get(op))
    lines = [f"## Preview of stack `{stack}`", "", f"{total or 'No changes'}.", ""]
    if changes:
        rows = [
            (
                step["op"],
                f"`{step['type']}`",
                f"`{step['urn'].rsplit('::', 1)[-1]}`",
                ", ".join(step.get("replaceReasons", ())),
            )
            for step in changes[:MAX_ROWS]
        ]
        lines += ["<details open><summary>Steps</summary>", ""]
        lines += _table(("Operation", "Type", "Name", "Replaced by"), rows)
        lines.append("")
        if len(changes) > MAX_ROWS:
            lines += [f"... and {len(changes) - MAX_ROWS} more.", ""]
        lines += ["</details>", ""]
    return "\n".join(lines)


MAX_ROWS = 300
"""Rows of a preview's table: a step summary holds 1 MiB, a comment 65,536 characters."""


def _short(urn: str) -> str:
    type_, name = urn.split("::")[-2:]
    return f"{type_.split('$')[-1]} {name}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return (
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        )

    return [row(head), row(["---"] * len(head)), *(row(cells) for cells in rows)]
