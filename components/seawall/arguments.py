"""From the arguments that a user hands to a component to a frozen, validated value. Pure.

A component describes what it takes twice: as a public ``TypedDict`` for the user, and as a frozen
pydantic model, below, for itself. ``validated`` is the door between the two.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, final

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from seawall.errors import SeawallError, did_you_mean


class Arguments(BaseModel):
    """Base of the validated arguments of a component: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@final
class InvalidArgumentsError(SeawallError, ValueError):
    """A component was given arguments that it cannot take. One line per argument."""


def one_of(*words: str) -> Callable[[str], str]:
    """A check that a text is one of these words. It raises ``ValueError`` if not."""

    def check(word: str) -> str:
        if word not in words:
            known = " or ".join(f"'{known}'" for known in words)
            raise ValueError(f"must be {known}; got '{word}'.")
        return word

    return check


ModelT = TypeVar("ModelT", bound=Arguments)


def validated(
    component: str, name: str, model: type[ModelT], args: Mapping[str, Any] | None
) -> ModelT:
    """The arguments of the component of that class and name, as ``model``.

    An argument that is None counts as not given. Raises ``InvalidArgumentsError`` with everything
    that is wrong: component, key, what was expected and what came.
    """
    given = {key: value for key, value in (args or {}).items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        lines = [
            f"{component} '{name}': {_sentence(problem, model)}"
            for problem in error.errors(include_url=False)
        ]
        raise InvalidArgumentsError("\n".join(lines)) from None


def _sentence(problem: ErrorDetails, model: type[Arguments]) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"argument {path} is not known. {did_you_mean(path, model.model_fields)}"
    if problem["type"] == "missing":
        return f"argument {path} is missing."
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"argument {path}: {message}" if path else message
    value = problem["input"]
    if type(value).__name__ == "Output":
        # Its text would be a warning, and nothing about a plan may hang on a value that is not
        # known before the update.
        return f"argument {path} must be a plain value, known before the update; got an output."
    if problem["type"] == "ip_v4_network":
        message = "must be a range of IPv4 addresses without host bits, such as 10.20.0.0/16"
    return f"argument {path}: {message[0].lower()}{message[1:]}; got {value!r}."
