"""Values of ``--config``: laid over those of the stack file and held to the same checks. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.stack_file import PLATFORM_KEY, REGION_KEY, SECRETS_KEY, StackFile

OPTION: Final = "--config"
"""Stands in the place of the file in problems with these values."""


def overridden(stack_file: StackFile, values: Mapping[str, str]) -> StackFile:
    """The stack file with values, by full key, in the place of its own.

    Structured ones are JSON, as the stock command hands them to programs. Raises
    ``InvalidInputError`` for keys that Seawall does not have and for what is no JSON.
    """
    problems: list[Problem] = []
    found = stack_file
    for key, text in values.items():
        if key == REGION_KEY:
            found = replace(found, region=text)
        elif key == PLATFORM_KEY:
            found = replace(found, platform=_object(key, text, problems))
        elif key == SECRETS_KEY:
            found = replace(found, secret_names=frozenset(_secrets(text, problems)))
        elif key.startswith("seawall:"):
            cure = did_you_mean(key, (PLATFORM_KEY, SECRETS_KEY))
            problems.append(_problem(key, f"'{key}' is not a setting of Seawall.", cure))
    if problems:
        raise InvalidInputError(problems)
    return found


def attributed(problems: Iterable[Problem], values: Mapping[str, str]) -> Iterator[Problem]:
    """The problems; those with an overridden value name the option instead of the stack file."""
    for problem in problems:
        key = problem.path.removeprefix("config.")
        ours = any(key == each or key.startswith((f"{each}.", f"{each}[")) for each in values)
        yield replace(problem, file=OPTION, line=0) if ours else problem


def _secrets(text: str, problems: list[Problem]) -> Mapping[str, Any]:
    secrets = _object(SECRETS_KEY, text, problems)
    for name, value in secrets.items():
        if not isinstance(value, str):
            # The value itself stays out of the message: it may be the secret.
            message = "the value of a secret is a text, and this is none."
            problems.append(_problem(f"{SECRETS_KEY}.{name}", message, "Put it in quotes."))
    return secrets


def _object(key: str, text: str, problems: list[Problem]) -> dict[str, Any]:
    cure = f"""Write for example {OPTION} '{key}={{"name": "value"}}'."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        problems.append(_problem(key, "the value is not valid JSON.", cure))
        return {}
    if not isinstance(value, dict):
        problems.append(_problem(key, "the value is JSON, but no object.", cure))
        return {}
    return cast("dict[str, Any]", value)


def _problem(key: str, message: str, cure: str) -> Problem:
    return Problem(OPTION, f"config.{key}", message, cure)
