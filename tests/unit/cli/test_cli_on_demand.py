"""Sub-commands whose modules are imported when they are asked for."""

import sys
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from seawall.cli.app import app as seawall
from seawall.cli.app import run
from seawall.cli.on_demand import loading


def greet(name: str) -> None:
    """Say hello."""
    typer.echo(f"hello {name}")


@pytest.fixture
def app(monkeypatch):
    """One command of its own, and two whose modules are there under test names."""
    nested = typer.Typer(help="Further down.", add_completion=False)
    nested.command("greet")(greet)
    nested.command("leave")(lambda: typer.echo("bye"))
    for name, member in (("_lazy_one", {"command": greet}), ("_lazy_two", {"app": nested})):
        module = ModuleType(name)
        vars(module).update(member)
        monkeypatch.setitem(sys.modules, name, module)
    places = {"one": "_lazy_one:command", "two": "_lazy_two:app", "three": "_not_there:command"}
    made = typer.Typer(cls=loading(places), no_args_is_help=True, add_completion=False)
    made.command("own")(greet)
    made.command("other")(greet)
    return made


@pytest.mark.parametrize("words", [("own", "you"), ("one", "you"), ("two", "greet", "you")])
def test_a_command_runs_without_the_modules_of_the_others(app, words):
    result = CliRunner().invoke(app, list(words))
    assert (result.exit_code, result.output) == (0, "hello you\n")


def test_a_misspelt_command_is_told_without_any_module(app):
    result = CliRunner().invoke(app, ["ome"])
    assert result.exit_code == 2
    assert "Did you mean 'one'" in result.output


def test_a_module_that_is_not_there_is_no_unknown_command(app):
    result = CliRunner().invoke(app, ["three"])
    assert isinstance(result.exception, ModuleNotFoundError)


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        ((), "check report images schema sandbox"),
        (
            ("sandbox",),
            "up preview destroy refresh outputs emulator coverage agree",
        ),
        (("sandbox", "emulator"), "start stop status"),
    ],
)
def test_help_lists_every_command_with_what_it_does(words, commands, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    result = CliRunner().invoke(seawall, [*words, "--help"])
    assert result.exit_code == 0
    rows = [line.strip("│ ").split(maxsplit=1) for line in result.output.splitlines()]
    told = {row[0]: row[1] for row in rows if len(row) == 2}
    for command in commands.split():
        assert told[command][0].isupper(), command


def test_a_misspelt_sub_command_names_the_near_one(capsys):
    assert run(["sandbox", "coverge"]) == 2
    assert "no such command 'coverge'. Did you mean 'coverage'?" in capsys.readouterr().err
