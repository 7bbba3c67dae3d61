"""The steps of a preview as Markdown, for a pull request. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from seawall.report.tables import code, table, text

MAX_ROWS: Final = 300
"""Rows of the table: a step summary holds 1 MiB, a comment 65,536 characters."""

_ORDER: Final = ("replace", "delete", "update", "create")


def plan_as_markdown(
    stack: str, steps: Sequence[Mapping[str, Any]], counts: Mapping[str, int]
) -> str:
    """The steps of a preview: danger first, unchanged left out.

    ``steps`` and ``counts`` are ``steps`` and ``summary`` of the command's ``--json``.
    """
    reasons = {step["urn"]: step["replaceReasons"] for step in steps if "replaceReasons" in step}
    changes = [step for step in steps if step["op"] in _ORDER]
    changes.sort(key=lambda step: _ORDER.index(step["op"]))
    total = ", ".join(f"{counts[op]} to {op}" for op in _ORDER if counts.get(op))
    lines = [f"## Preview of stack {code(stack)}", "", f"{total or 'No changes'}.", ""]
    if changes:
        rows = [
            (
                step["op"],
                code(step["type"]),
                code(step["urn"].rsplit("::", 1)[-1]),
                text(", ".join(reasons.get(step["urn"], ()) if step["op"] == "replace" else ())),
            )
            for step in changes[:MAX_ROWS]
        ]
        lines += ["<details open><summary>Steps</summary>", ""]
        lines += table(("Operation", "Type", "Name", "Replaced by"), rows)
        lines.append("")
        if len(changes) > MAX_ROWS:
            lines += [f"... and {len(changes) - MAX_ROWS} more.", ""]
        lines += ["</details>", ""]
    return "\n".join(lines)
