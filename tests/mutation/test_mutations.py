"""The mutations fit the code, and the tool that judges them can tell both ways."""

import ast
from dataclasses import replace

import pytest
import run
from table import MUTATIONS, Mutation, StaleError, mutated

SOUND = ("tests/unit/engine/test_engine_paths.py",)
BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}
IGNORE_CHANGES = BY_NAME["ignore-changes"]


def source_of(mutation: Mutation) -> str:
    return (run.PACKAGE / "engine" / mutation.module).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BY_NAME)
def test_a_mutation_changes_what_its_module_does(name):
    source = source_of(BY_NAME[name])
    changed = mutated(BY_NAME[name], source)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


def test_names_are_given_once():
    assert len(BY_NAME) == len(MUTATIONS)


@pytest.mark.parametrize("text", ["no such text", "return"])
def test_a_text_that_does_not_stand_there_once_is_told(text):
    stale = replace(IGNORE_CHANGES, text=text)
    with pytest.raises(StaleError, match="not once"):
        mutated(stale, source_of(stale))


def test_what_breaks_nothing_is_not_caught():
    harmless = replace(IGNORE_CHANGES, instead=f"    # nothing\n{IGNORE_CHANGES.text}")
    assert run.judge(harmless, SOUND).caught_by == ""


def test_what_breaks_a_rule_is_caught_by_the_test_of_it():
    assert run.judge(IGNORE_CHANGES, SOUND).caught_by.startswith(f"{SOUND[0]}::test_reset")


def test_what_does_not_run_is_no_catch():
    with pytest.raises(run.BrokenRunError, match="SyntaxError"):
        run.judge(replace(IGNORE_CHANGES, instead="    if :\n"), SOUND)
