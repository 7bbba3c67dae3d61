"""Outputs of several resources as one."""

from collections.abc import Mapping
from typing import TypeVar

import pulumi

T = TypeVar("T")


def by_key(outputs: Mapping[str, pulumi.Output[T]]) -> pulumi.Output[Mapping[str, T]]:
    """The values of all outputs under their keys; an empty mapping if there are none.

    ``Output.all`` gives an empty list for none, whose type no consumer expects.
    """
    if not outputs:
        return pulumi.Output.from_input(dict[str, T]())
    return pulumi.Output.all(**outputs)
