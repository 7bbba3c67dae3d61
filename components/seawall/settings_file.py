"""Typed settings out of a stack file, with every error at once. Pure."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.settings import PlatformSettings, Settings
from seawall.settings_checks import PLATFORM, REGION, check_platform, check_region
from seawall.stack_file import Location, StackFile


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
