"""Reads a stack file into typed settings, with every error at once.

Pure but for reading the file.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, cast, final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.services.compose.node import Node, PathKey, Problems
from seawall.services.compose.yaml_reader import read
from seawall.settings import PlatformSettings, Settings
from seawall.settings_checks import PLATFORM, REGION, check_platform, check_region

Location = tuple[PathKey, ...]

PLATFORM_KEY = "seawall:platform"
SECRETS_KEY = "seawall:secrets"
REGION_KEY = "aws:region"


@final
@dataclass(frozen=True, slots=True)
class StackFile:
    """``stacks/Pulumi.<stack>.yaml`` as read: what concerns Seawall, and where it stands."""

    stack: str
    file: str
    """Name for messages, relative to the project."""
    region: Any
    platform: Any
    """``seawall:platform``; None if the stack has none (a project that is not Seawall's)."""
    secret_names: frozenset[str]
    """Names under ``seawall:secrets``; the values stay where they are."""
    lines: Mapping[Location, int]


def read_yaml(path: Path, name: str) -> Node:
    """The mapping at the top of a YAML file. Raises ``InvalidInputError``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}."
        raise InvalidInputError([Problem(name, "", message, "Correct its permissions.")]) from None
    problems = Problems()
    documents = read(data, name, problems)
    problems.stop()
    return documents[0]


def project_name(project: Path) -> str:
    """The project's name: the namespace of configuration keys that have none."""
    name = _project_file(project).get("name")
    return name.text() if name is not None else ""


def stack_directory(project: Path) -> Path:
    """Where the stack files are: ``stackConfigDir`` of Pulumi.yaml, or beside it."""
    folder = _project_file(project).get("stackConfigDir")
    return project / folder.text() if folder is not None else project


def _project_file(project: Path) -> Node:
    file = project / "Pulumi.yaml"
    if not file.is_file():
        raise InvalidInputError(
            [
                Problem(
                    str(file.name),
                    "",
                    f"{project} has no Pulumi.yaml, so it is no Pulumi project.",
                    "Run the command in the project, or name it by --cwd.",
                )
            ]
        )
    return read_yaml(file, file.name)


def known_stacks(project: Path) -> tuple[str, ...]:
    """Names of the project's stacks, sorted."""
    names = (file.name for file in stack_directory(project).glob("Pulumi.*.yaml"))
    return tuple(sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in names))


def read_stack_file(project: Path, stack: str) -> StackFile:
    """Read the stack's file. Raises ``InvalidInputError`` if it is missing or no mapping."""
    path = stack_directory(project) / f"Pulumi.{stack}.yaml"
    name = os.path.relpath(path, project)
    if not path.is_file():
        cure = did_you_mean(stack, known_stacks(project))
        raise InvalidInputError([Problem(name, "", f"there is no stack '{stack}'.", cure)])
    document = read_yaml(path, name)
    lines = {node.path: node.line for node in document.walk()}
    top = cast("dict[str, Any]", document.plain())
    config = _mapping(top.get("config", {}), name, "config")
    unknown = [
        Problem(
            name,
            f"config.{key}",
            f"'{key}' is not a setting of Seawall.",
            did_you_mean(key, (PLATFORM_KEY, SECRETS_KEY)),
            lines.get(("config", key), 0),
        )
        for key in config
        if key.startswith("seawall:") and key not in (PLATFORM_KEY, SECRETS_KEY)
    ]
    if unknown:
        raise InvalidInputError(unknown)
    secrets = _mapping(config.get(SECRETS_KEY, {}), name, f"config.{SECRETS_KEY}")
    open_secrets = [
        Problem(
            name,
            f"config.{SECRETS_KEY}.{key}",
            "each secret is encrypted by itself, and this value is not.",
            f"Set it with: pulumi config set --secret --path '{SECRETS_KEY}.{key}'.",
            lines.get(("config", SECRETS_KEY, key), 0),
        )
        for key, value in secrets.items()
        if not (isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"})
    ]
    if open_secrets:
        raise InvalidInputError(open_secrets)
    return StackFile(
        stack=stack,
        file=name,
        region=config.get(REGION_KEY),
        platform=config.get(PLATFORM_KEY),
        secret_names=frozenset(secrets),
        lines=lines,
    )


def _mapping(value: object, file: str, path: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    kind = type(value).__name__ if value is not None else "nothing"
    raise InvalidInputError(
        [
            Problem(
                file, path, f"a mapping is expected here, not {kind}.", "See the README's example."
            )
        ]
    )


def parse_settings(stack_file: StackFile) -> Settings:
    """Typed settings. Raises ``InvalidInputError`` with every problem found."""
    file = stack_file.file
    problems: list[Problem] = []
    region = stack_file.region
    if not isinstance(region, str):
        problems.append(
            Problem(file, REGION, "the region is missing.", "Set aws:region, such as us-east-1.")
        )
    else:
        problems.extend(check_region(region, file))
    platform: PlatformSettings | None = None
    if stack_file.platform is None:
        cure = "Write at least name, services and ingress; see the README's example."
        problems.append(Problem(file, PLATFORM, "the platform's settings are missing.", cure))
    else:
        try:
            platform = PlatformSettings.model_validate(stack_file.platform)
        except ValidationError as error:
            problems.extend(_problems(error, file))
    if platform is not None and isinstance(region, str) and not problems:
        problems.extend(check_platform(platform, region, file))
    if platform is None or not isinstance(region, str) or problems:
        raise InvalidInputError(with_lines(problems, stack_file.lines))
    return Settings(stack=stack_file.stack, region=region, platform=platform)


def _problems(error: ValidationError, file: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for detail in error.errors(include_url=False):
        location = _without_union_arms(detail["loc"])
        path = PLATFORM + dotted(location)
        message, cure = _sentence(detail, location)
        if path not in seen:
            seen.add(path)
            yield Problem(file, path, message, cure)


def _without_union_arms(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Drop what pydantic adds for the arms of a union, such as ``constrained-int``."""
    arms = re.compile(r"^(constrained-|tuple\[|function-|int$|str$|Path|PurePosixPath$|lax-or)")
    return tuple(
        part
        for index, part in enumerate(location)
        if not (index > 0 and isinstance(part, str) and arms.match(part))
    )


def dotted(location: tuple[int | str, ...]) -> str:
    """``('a', 0, 'b')`` as ``.a[0].b``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _sentence(detail: ErrorDetails, location: tuple[int | str, ...]) -> tuple[str, str]:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"'{location[-1]}' is not a setting.", did_you_mean(
            str(location[-1]), _keys_at(location[:-1])
        )
    if kind == "missing":
        return "this setting is required and missing.", "Add it."
    if kind == "value_error":
        text = str(context["error"])
        first, _, rest = text.partition(". ")
        return (first if first.endswith(".") else first + "."), rest
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"a mapping is expected here, not {_shown(given)}.", "Write keys and values."
    if kind == "string_pattern_mismatch":
        return _pattern_sentence(str(context["pattern"]), given)
    if kind.startswith("ip_v4_network"):
        return _network_sentence(given)
    message = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{_shown(given)} is not possible: {message}.", "Correct the value."


def _network_sentence(given: object) -> tuple[str, str]:
    cure = "Write an IPv4 range such as 10.20.0.0/16."
    try:
        whole = IPv4Network(str(given), strict=False)
    except ValueError:
        return f"{_shown(given)} is not an IPv4 range.", cure
    return f"{_shown(given)} has host bits set.", f"Write {whole}."


def _pattern_sentence(pattern: str, given: object) -> tuple[str, str]:
    choice = re.fullmatch(r"\^\(([a-z0-9_|-]+)\)\$|\^([a-z]+)\$", pattern)
    if choice:
        words = (choice.group(1) or choice.group(2)).split("|")
        near = did_you_mean(str(given), words)
        cure = near if near.startswith("Did") else "Choose one of them."
        return f"{_shown(given)} is not one of {', '.join(words)}.", cure
    return f"{_shown(given)} does not have the form {pattern}.", "Correct the value."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys_at(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that the settings have at that place."""
    model: type[BaseModel] = PlatformSettings
    for part in location:
        field = next(
            (info for info in model.model_fields.values() if info.alias == part),
            None,
        )
        if field is not None:
            inner = _model_in(field.annotation)
            if inner is None:
                return ()
            model = inner
    return tuple(str(info.alias) for info in model.model_fields.values())


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments: tuple[object, ...] = get_args(annotation)
    return next((model for item in arguments if (model := _model_in(item))), None)


def with_lines(problems: list[Problem], lines: Mapping[Location, int]) -> list[Problem]:
    """The problems with the line of the nearest key that the file has, in the file's order."""
    by_path = {dotted(location).lstrip("."): line for location, line in lines.items()}

    def line_of(path: str) -> int:
        while path:
            if path in by_path:
                return by_path[path]
            path = re.sub(r"(\.[^.\[\]]+|\[\d+\])$", "", path) if re.search(r"[.\[]", path) else ""
        return 0

    placed = [
        Problem(item.file, item.path, item.message, item.cure, item.line or line_of(item.path))
        for item in problems
    ]
    return sorted(placed, key=lambda item: (item.line, item.path))
