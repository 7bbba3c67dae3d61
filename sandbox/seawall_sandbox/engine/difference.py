"""Differences as providers report them, and what the options of a resource make of them."""

from typing import Final

from seawall_sandbox.engine import paths
from seawall_sandbox.protocol import DiffKind, DiffResult

INIT_ERROR_KEY: Final = "#initerror"
"""What ``replaceOnChanges`` names to replace a resource that was made in part."""
_TO_REPLACE: Final = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}


def changed_names(diff: DiffResult) -> tuple[str, ...]:
    """The top-level names of the properties that change."""
    if diff.diffs:
        return tuple(diff.diffs)
    names = (paths.parse(path)[0] for path in diff.detailed)
    return tuple(dict.fromkeys(str(name) for name in names))


def replace_on_changes(
    diff: DiffResult, patterns: tuple[str, ...], *, has_init_errors: bool
) -> DiffResult:
    """``diff`` with changes under ``patterns`` turned into replacements."""
    if not patterns or not (diff.changed or has_init_errors):
        return diff
    parsed = [paths.parse(pattern) for pattern in patterns]

    def hit(path: str) -> bool:
        return any(paths.contains(pattern, paths.parse(path)) for pattern in parsed)

    detailed = {
        path: _TO_REPLACE.get(kind, kind) if hit(path) else kind
        for path, kind in diff.detailed.items()
    }
    reasons = dict.fromkeys(diff.replaces)
    reasons.update(dict.fromkeys(name for name in changed_names(diff) if hit(name)))
    reasons.update(
        dict.fromkeys(
            str(paths.parse(path)[0])
            for path, kind in detailed.items()
            if kind != diff.detailed[path]
        )
    )
    if has_init_errors and hit(INIT_ERROR_KEY):
        reasons[INIT_ERROR_KEY] = None
    return DiffResult(
        changed=diff.changed or INIT_ERROR_KEY in reasons,
        replaces=tuple(reasons),
        diffs=diff.diffs,
        detailed=detailed,
        stables=diff.stables,
        delete_before_replace=diff.delete_before_replace,
    )
