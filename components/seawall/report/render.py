"""A report as Markdown for people and as JSON for machines. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from seawall.report.connections import Connection
from seawall.report.model import Report
from seawall.report.ports import OpenPort, to_internet
from seawall.report.tables import code, table, text


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
        "ports": [_without_empty_note(port) for port in report.ports],
        "connections": [_without_empty_note(each) for each in report.connections],
        "recordedOnly": list(report.recorded_only),
        "composeNotes": [
            {"path": path, "fate": fate, "why": why} for path, fate, why in report.notes
        ],
    }


def _without_empty_note(row: OpenPort | Connection) -> dict[str, str]:
    values: dict[str, str] = asdict(row)
    return {key: value for key, value in values.items() if key != "note" or value}


def answer(report: Report) -> str:
    """The report in one sentence or two: what there is, what is open, what is odd."""
    total = sum(len(resources) for resources in report.resources.values())
    entries = ", ".join(
        f"{port.ports}/{port.protocol} on {port.group}" for port in to_internet(report.ports)
    )
    rules = _count(len(report.ports), "security-group rule")
    sentences = [
        f"{_count(total, 'resource')} in {_count(len(report.resources), 'component')}.",
        f"{rules}; open to the internet: {entries or 'nothing'}.",
    ]
    if odd := [port for port in report.ports if port.note]:
        verb = "does" if len(odd) == 1 else "do"
        sentences.append(f"{_count(len(odd), 'rule')} {verb} not agree with the port ledger.")
    return " ".join(sentences)


def as_markdown(report: Report) -> str:
    """The report as Markdown, answers first."""
    odd = [port for port in report.ports if port.note]
    lines = [f"# Platform report: stack {text(report.stack)}", "", text(answer(report)), ""]
    if odd:
        lines += ["> [!WARNING]", "> These rules do not agree with the port ledger:"]
        lines += [
            f"> - {text(port.group)}, {port.direction}, {port.protocol} {text(port.ports)}, "
            f"{text(port.peer)}: {port.note}"
            for port in odd
        ]
        lines.append("")
    lines += ["## Open ports", ""]
    lines += [
        "What the security groups let through. *Ingress* comes from the peer, *egress* goes to it.",
        "",
        *_ports(report.ports),
        "",
    ]
    if report.connections:
        lines += ["## Connections in the cluster", ""]
        rest = (
            "Any other connection is closed."
            if report.closed_by_default
            else "Not every namespace has a policy that closes the rest."
        )
        lines += [
            f"What the network policies let pods do, within the security groups' rules. {rest}",
            "",
            *_connections(report.connections),
            "",
        ]
    lines += ["## Resources by component", ""]
    for component, resources in report.resources.items():
        kinds = Counter(resource.type for resource in resources)
        lines += [f"### {text(component)} ({len(resources)})", ""]
        lines += table(
            ("Type", "Count"), [(code(type_), str(count)) for type_, count in sorted(kinds.items())]
        )
        lines.append("")
    lines += ["## Recorded, not emulated", ""]
    if report.recorded_only:
        lines.append("No emulator has these; the sandbox keeps what was asked for, no more.")
        lines.append("")
        lines += [f"- {code(_type(urn))} {text(_name(urn))}" for urn in report.recorded_only]
    else:
        lines.append("Nothing: every resource is emulated.")
    if report.notes:
        lines += ["", "## Compose keys that do not carry over as they are", ""]
        rows = [(code(path), text(fate), text(why)) for path, fate, why in report.notes]
        lines += table(("Key", "Fate", "Why"), rows)
    return "\n".join(lines).rstrip() + "\n"


def _ports(ports: Sequence[OpenPort]) -> list[str]:
    if not ports:
        return ["None."]
    rows = [
        (port.group, port.direction, port.protocol, port.ports, port.peer, port.reason, port.note)
        for port in ports
    ]
    return _noted(("Group", "Direction", "Protocol", "Ports", "Peer", "Reason", "Note"), rows)


def _connections(connections: Sequence[Connection]) -> list[str]:
    rows = [
        (each.source, each.target, each.protocol, each.ports, each.reason, each.note)
        for each in connections
    ]
    return _noted(("From", "To", "Protocol", "Ports", "Reason", "Note"), rows)


def _noted(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table, without its last column where that is empty throughout."""
    width = len(head) if any(row[-1] for row in rows) else len(head) - 1
    return table(head[:width], [[text(cell) for cell in row[:width]] for row in rows])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _type(urn: str) -> str:
    return urn.split("::")[-2].rsplit("$", maxsplit=1)[-1]


def _name(urn: str) -> str:
    return urn.rsplit("::", maxsplit=1)[-1]
