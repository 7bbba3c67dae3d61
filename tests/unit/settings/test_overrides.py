"""Values of ``--config`` are laid over the stack file, and are told apart from it in problems."""

import json

import pytest

from seawall.errors import InvalidInputError, Problem
from seawall.overrides import OPTION, attributed, overridden
from seawall.stack_file import StackFile

FILE = StackFile(
    "local", "stacks/Pulumi.local.yaml", "us-east-1", {"name": "a"}, frozenset({"old"}), {}
)


def test_without_values_the_file_stands_as_it_is():
    assert overridden(FILE, {}) == FILE


def test_values_stand_above_those_of_the_file():
    values = {
        "aws:region": "eu-west-1",
        "seawall:platform": '{"name": "b", "network": {"zones": 2}}',
        "seawall:secrets": '{"new": "hunter2"}',
        "other:key": "whatever",
    }
    found = overridden(FILE, values)
    assert found.region == "eu-west-1"
    assert found.platform == {"name": "b", "network": {"zones": 2}}
    assert found.secret_names == frozenset({"new"})
    assert found.file == FILE.file


@pytest.mark.parametrize(
    ("values", "path", "words"),
    [
        ({"seawall:platform": "{"}, "seawall:platform", "not valid JSON"),
        ({"seawall:platform": ""}, "seawall:platform", "not valid JSON"),
        ({"seawall:platform": "[" * 100_000}, "seawall:platform", "not valid JSON"),
        ({"seawall:platform": "[]"}, "seawall:platform", "no object"),
        ({"seawall:platform": "null"}, "seawall:platform", "no object"),
        ({"seawall:secrets": '"a"'}, "seawall:secrets", "no object"),
        ({"seawall:secrets": '{"a": null}'}, "seawall:secrets.a", "is a text"),
        ({"seawall:secret": "{}"}, "seawall:secret", "not a setting of Seawall"),
    ],
)
def test_what_cannot_be_laid_over_is_refused(values, path, words):
    with pytest.raises(InvalidInputError) as caught:
        overridden(FILE, values)
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == (OPTION, f"config.{path}")
    assert words in problem.message
    assert problem.cure


def test_all_that_is_wrong_is_told_at_once_and_no_secret_with_it():
    secrets = json.dumps({"a": ["hunter2"], "b": {"c": "hunter2"}, "d": "fine"})
    with pytest.raises(InvalidInputError) as caught:
        overridden(FILE, {"seawall:secrets": secrets, "seawall:platform": "hunter2"})
    assert len(caught.value.problems) == 3
    assert "hunter2" not in str(caught.value)


def test_only_problems_of_overridden_values_name_the_option():
    paths = ("seawall:platform", "seawall:platform.name", "seawall:platformx.a", "aws:region")
    problems = [Problem("file", f"config.{path}", "Wrong.", line=3) for path in paths]
    elsewhere = Problem("compose.yaml", "services.web", "Wrong.", line=3)
    found = list(attributed([*problems, elsewhere], {"seawall:platform": "{}"}))
    assert [(each.file, each.line) for each in found] == [
        (OPTION, 0),
        (OPTION, 0),
        ("file", 3),
        ("file", 3),
        ("compose.yaml", 3),
    ]
