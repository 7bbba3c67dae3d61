"""Options of the sandbox commands that say what a run may change, and how."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seawall.cli import sandbox
from seawall_sandbox.engine.options import Options


@pytest.fixture
def told(monkeypatch):
    """What a command line hands to the run: its verb and how."""

    def run(*words):
        found = []
        monkeypatch.setattr(sandbox, "_run", lambda verb, *_, how, **__: found.append((verb, how)))
        result = CliRunner().invoke(sandbox.app, list(words))
        assert result.exit_code == 0, result.output
        return found[0]

    return run


def test_without_options_everything_may_change(told):
    for verb in ("up", "preview", "destroy", "refresh"):
        assert told(verb) == (verb, Options())


def test_an_update_takes_all_of_them(told):
    words = (
        "-t a --target b --target-dependents --target-replace c --replace d --refresh "
        "--continue-on-error --policy-pack p --policy-pack q --policy-pack-config x "
        "--policy-pack-config y"
    )
    expected = Options(
        targets=("a", "b", "c"),
        target_dependents=True,
        replace=("d", "c"),
        refresh=True,
        continue_on_error=True,
        policy_packs=(Path("p"), Path("q")),
        policy_configs=(Path("x"), Path("y")),
    )
    assert told("up", *words.split()) == ("up", expected)
    assert told("preview", *words.split()) == ("preview", expected)


def test_a_destroy_and_a_refresh_take_what_makes_sense_there(told):
    excludes = Options(excludes=("a",), exclude_dependents=True)
    assert told("refresh", "-x", "a", "--exclude-dependents") == ("refresh", excludes)
    assert told("destroy", "-x", "a", "--exclude-dependents") == ("destroy", excludes)
    assert told("destroy", "-r", "--continue-on-error") == (
        "destroy",
        Options(refresh=True, continue_on_error=True),
    )


@pytest.mark.parametrize(
    ("verb", "option"),
    [("refresh", "--replace"), ("destroy", "--policy-pack"), ("refresh", "--refresh")],
)
def test_what_makes_no_sense_is_not_taken(verb, option):
    result = CliRunner().invoke(sandbox.app, [verb, option, "x"])
    assert result.exit_code == 2
    assert "No such option" in re.sub(r"\x1b\[[0-9;]*m", "", result.output)
