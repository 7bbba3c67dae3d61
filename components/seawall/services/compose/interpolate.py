"""Replaces ``${VARIABLE}`` in every value, by Compose's rules.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md. One difference
is on purpose: Compose warns about a variable that has no value and puts in an empty text; on a
cluster that is a fault that nobody sees, so here it is a problem. ``${VARIABLE:-}`` says that empty
is meant.
"""

import re
from collections.abc import Mapping

from seawall.services.compose.node import Node, Problems

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = (":?", "?", ":-", "-", ":+", "+")


class TemplateError(ValueError):
    """The text cannot be interpolated: ``message`` says why, ``cure`` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        self.message = message
        self.cure = cure
        super().__init__(f"{message} {cure}")


def interpolate(node: Node, environment: Mapping[str, str], problems: Problems) -> Node:
    """The tree with every text value interpolated; keys stay as they are."""
    value = node.value
    if isinstance(value, Mapping):
        return node.with_value(
            {key: interpolate(below, environment, problems) for key, below in value.items()},
        )
    if isinstance(value, tuple):
        return node.with_value(
            tuple(interpolate(below, environment, problems) for below in value),
        )
    if not isinstance(value, str) or "$" not in value:
        return node
    try:
        return node.with_value(substitute(value, environment))
    except TemplateError as error:
        problems.spoil(node, error.message, error.cure)
        return node


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables replaced. Raises ``TemplateError``."""
    parts: list[str] = []
    rest = text
    while True:
        before, dollar, rest = rest.partition("$")
        parts.append(before)
        if not dollar:
            return "".join(parts)
        if rest.startswith("$"):
            parts.append("$")
            rest = rest[1:]
        elif rest.startswith("{"):
            inside, rest = _braced(rest)
            parts.append(_expression(inside, environment))
        elif name := _NAME.match(rest):
            parts.append(_required(name.group(), environment))
            rest = rest[name.end() :]
        else:
            raise _invalid()


def _braced(rest: str) -> tuple[str, str]:
    """Splits after the brace that closes the first one."""
    depth = 0
    for index, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return rest[1:index], rest[index + 1 :]
    raise _invalid()


def _expression(inside: str, environment: Mapping[str, str]) -> str:
    match = _NAME.match(inside)
    if match is None:
        raise _invalid()
    name, tail = match.group(), inside[match.end() :]
    if not tail:
        return _required(name, environment)
    operator = next((known for known in _OPERATORS if tail.startswith(known)), "")
    if not operator:
        raise _invalid()
    word = tail[len(operator) :]
    value = environment.get(name)
    given = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        return substitute(word, environment) if given else ""
    if given:
        return value or ""
    if operator.endswith("-"):
        return substitute(word, environment)
    said = f": {substitute(word, environment)}" if word else ""
    raise TemplateError(
        f"The variable '{name}' is required and has no value{said}.",
        f"Give it in the settings' services.environment or in the project's .env: {name}=...",
    )


def _required(name: str, environment: Mapping[str, str]) -> str:
    if name in environment:
        return environment[name]
    raise TemplateError(
        f"The variable '{name}' has no value.",
        "Give it in the settings' services.environment or in the project's .env; "
        f"if empty is meant, write ${{{name}:-}}; for a literal dollar sign write $$.",
    )


def _invalid() -> TemplateError:
    return TemplateError(
        "The text is no valid template: a dollar sign must start $NAME or ${NAME}.",
        "Write $$ for a literal dollar sign.",
    )
