"""What the policies of a pack are configured with: their own defaults, and a file of the user's.

The rules are those of pkg/resource/analyzer/config.go of pulumi/pulumi: the schema's defaults, then
the pack's initial configuration, then the file, each with an entry ``all`` for a level of all.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft7Validator

from seawall_sandbox.engine.errors import UsageError

LEVELS: Final = ("advisory", "mandatory", "disabled", "remediate")
"""Enforcement levels, in the order of the protocol's numbers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one policy. An empty ``level`` leaves it as it is."""

    level: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Policy:
    """What a pack tells of one policy. ``schema``: of its properties; ``None`` takes any."""

    name: str
    level: str
    schema: Mapping[str, Any] | None = None
    required: Sequence[str] = ()


def read(path: Path) -> dict[str, Settings]:
    """The configuration in a JSON file; raises ``UsageError`` for anything else."""
    try:
        text = path.read_text(encoding="utf-8")
        found: Any = json.loads(text) if text.strip() else {}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The policy configuration {path} cannot be read as JSON: {error}. Nothing was touched."
        ) from error
    if not isinstance(found, dict):
        raise UsageError(
            f"The policy configuration {path} must be an object that has an entry for each policy."
        )
    entries = cast("dict[str, Any]", found)
    if "environments" in entries:
        raise UsageError(
            f"The policy configuration {path} names ESC environments, which the embedded engine "
            "does not have: write the values into the file, or use the stock pulumi CLI."
        )
    return {name: _settings(name, value, path) for name, value in entries.items()}


def _settings(name: str, value: Any, path: Path) -> Settings:
    if isinstance(value, str):
        level, properties = value, dict[str, Any]()
    elif isinstance(value, dict):
        properties = dict(cast("dict[str, Any]", value))
        level = properties.pop("enforcementLevel", "")
        if level == "":
            return Settings("", properties)
    else:
        raise UsageError(
            f"The policy configuration {path} has for {name!r} neither a level nor an object."
        )
    if level not in LEVELS:
        raise UsageError(
            f"The policy configuration {path} gives {name!r} the level {level!r}: it must be one "
            f"of {', '.join(LEVELS)}."
        )
    return Settings(level, properties)


def reconcile(
    policies: Iterable[Policy], *given: Mapping[str, Settings]
) -> tuple[dict[str, Settings], list[str]]:
    """The configuration of each policy, and what is wrong with it; later ``given`` win."""
    known = list(policies)
    result = {
        policy.name: Settings(
            policy.level,
            {
                key: value["default"]
                for key, value in (policy.schema or {}).items()
                if "default" in value
            },
        )
        for policy in known
    }
    for settings in given:
        everything = settings.get("all", Settings()).level
        for name, before in result.items():
            own = settings.get(name, Settings())
            result[name] = Settings(
                own.level or everything or before.level, {**before.properties, **own.properties}
            )
    problems = [
        f"{policy.name}: {problem}"
        for policy in known
        for problem in _problems(policy, result[policy.name].properties)
    ]
    return result, problems


def _problems(policy: Policy, properties: Mapping[str, Any]) -> list[str]:
    if policy.schema is None:
        return []
    schema = {
        "type": "object",
        "properties": dict(policy.schema),
        "required": list(policy.required),
    }
    found: Any = Draft7Validator(schema).iter_errors(  # pyright: ignore[reportUnknownMemberType]
        dict(properties)
    )
    return sorted(
        f"{'.'.join(str(part) for part in error.absolute_path) or 'its configuration'}: "
        f"{error.message}"
        for error in found
    )
