"""Runs the program of the working directory under the SDK's own mocks, as a unit test would."""

import runpy
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks


class _Echo(Mocks):
    """Each resource is made at once, with its inputs for outputs."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        return dict(args.args), []


@pulumi.runtime.test
def _program() -> None:
    runpy.run_path("__main__.py", run_name="__main__")


if __name__ == "__main__":
    set_mocks(_Echo(), project="bench", stack="bench", preview=True)
    _program()
