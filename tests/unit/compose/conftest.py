"""Compose files for the tests of the loader, written to a directory of the test's own."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from seawall.errors import InvalidInputError, Problem
from seawall.services.compose import load
from seawall.services.model import Application

Loader = Callable[..., Application]
Refuser = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project directory."""
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


@pytest.fixture
def loaded(project: Path) -> Loader:
    """Loads a Compose file given as text, with other files of the project by keyword ``files``."""

    def run(text: str, *, files: dict[str, str] | None = None, **options: Any) -> Application:
        for name, content in {"compose.yaml": text, **(files or {})}.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content), encoding="utf-8")
        names = options.pop("names", ["compose.yaml"])
        return load([project / name for name in names], project_directory=project, **options)

    return run


@pytest.fixture
def refused(loaded: Loader) -> Refuser:
    """The problems of a Compose file that must not load."""

    def run(text: str, **options: Any) -> tuple[Problem, ...]:
        with pytest.raises(InvalidInputError) as caught:
            loaded(text, **options)
        return caught.value.problems

    return run
