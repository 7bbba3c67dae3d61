from typing import Annotated

import pulumi
import pytest
from mocks import record
from pydantic import AfterValidator

from seawall.arguments import Arguments, InvalidArgumentsError, one_of, validated
from seawall.errors import SeawallError


class _Door(Arguments):
    width: int
    kind: Annotated[str, AfterValidator(one_of("swing", "slide"))] = "swing"


def test_plain_values_become_a_frozen_value() -> None:
    door = validated("Door", "front", _Door, {"width": 2, "kind": "slide"})
    assert (door.width, door.kind) == (2, "slide")
    with pytest.raises(ValueError, match="frozen"):
        door.width = 3


def test_none_counts_as_not_given() -> None:
    assert validated("Door", "front", _Door, {"width": 2, "kind": None}).kind == "swing"


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        validated("Door", "front", _Door, {"widht": 2, "kind": "turn"})
    assert str(caught.value).splitlines() == [
        "Door 'front': argument width is missing.",
        "Door 'front': argument kind: must be 'swing' or 'slide'; got 'turn'.",
        "Door 'front': argument widht is not known. Did you mean 'width'?",
    ]
    assert isinstance(caught.value, SeawallError)


def test_a_wrong_type_says_what_came() -> None:
    with pytest.raises(InvalidArgumentsError, match=r"argument width: input should be .*; got 'x'"):
        validated("Door", "front", _Door, {"width": "x"})


def test_no_arguments_at_all() -> None:
    with pytest.raises(InvalidArgumentsError, match="argument width is missing"):
        validated("Door", "front", _Door, None)


def test_an_output_where_a_plain_value_is_needed() -> None:
    def program() -> None:
        validated("Door", "front", _Door, {"width": pulumi.Output.from_input(2)})

    with pytest.raises(InvalidArgumentsError, match=r"must be a plain value.*; got an output"):
        record(program)
