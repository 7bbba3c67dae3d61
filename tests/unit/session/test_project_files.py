"""Projects and stacks on disk, read as the stock CLI reads them."""

import re

import pytest

from seawall_sandbox import project
from seawall_sandbox.engine.errors import UsageError


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "__main__.py").write_text("")
    (tmp_path / "stacks").mkdir()
    return tmp_path


def write(directory, pulumi="", **stacks):
    (directory / "Pulumi.yaml").write_text(
        "name: shop\nruntime: {name: python}\nstackConfigDir: stacks\n" + pulumi
    )
    for name, text in stacks.items():
        (directory / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    return directory


def load(directory, stack="dev", overrides=None):
    found = project.read_project(directory)
    file = project.read_stack(found, stack)
    return project.configuration(found, stack, file, lambda sealed: f"<{sealed}>", overrides or {})


def test_values_become_the_texts_that_the_stock_cli_makes_of_them(directory):
    # What `pulumi preview` 3.272 handed to a program for the same file.
    dev = """
config:
  aws:region: us-east-1
  shop:platform: {name: x, n: 1, when: 2026-11-22, t: 1.50, yes: no, nul: null, l: [on, 0o17]}
  shop:other: 1.50
  plain: 12345678901
  b: true
  f: 1e3
  d: 2026-11-22
  no: yes
  nul: null
  old:config:key: x
"""
    assert load(write(directory, dev=dev)).values == {
        "aws:region": "us-east-1",
        "shop:platform": '{"l":["on",15],"n":1,"name":"x","nul":null,"t":1.5,'
        '"when":"2026-11-22 00:00:00 +0000 UTC","yes":"no"}',
        "shop:other": "1.5",
        "shop:plain": "12345678901",
        "shop:b": "true",
        "shop:f": "1000",
        "shop:d": "2026-11-22 00:00:00 +0000 UTC",
        "shop:no": "yes",
        "shop:nul": "",
        "old:key": "x",
    }


def test_secrets_are_opened_and_named_at_any_depth(directory):
    dev = """
config:
  token: {secure: v1:a}
  nested: {list: [{secure: v1:b}, plain], secure: x, other: 1}
  open: {secure: 1}
encryptionsalt: v1:salt
"""
    write(directory, dev=dev)
    found = load(directory)
    assert found.values == {
        "shop:token": "<v1:a>",
        "shop:nested": '{"list":["<v1:b>","plain"],"other":1,"secure":"x"}',
        "shop:open": '{"secure":1}',
    }
    assert found.secret_keys == {"shop:token", "shop:nested"}
    file = project.read_stack(project.read_project(directory), "dev")
    assert file.sealed
    assert file.encryption_salt == "v1:salt"


def test_the_projects_defaults_stand_below_the_stack_and_overrides_above(directory):
    declared = """
config:
  size: {type: integer, default: 3}
  name: plain
  aws:region: {value: eu-west-1}
  top: {type: string, default: a}
"""
    write(directory, declared, dev="config: {size: 4}")
    overrides = {"top": "z", "aws:profile": "p"}
    assert load(directory, overrides=overrides).values == {
        "shop:size": "4",
        "shop:name": "plain",
        "shop:top": "z",
        "aws:region": "eu-west-1",
        "aws:profile": "p",
    }


@pytest.mark.parametrize(
    ("declared", "dev", "words"),
    [
        ("{size: {type: integer}}", "", "lacks shop:size, which Pulumi.yaml requires"),
        ("{size: {type: integer}}", "config: {size: a}", "must be of type integer"),
        ("{size: {type: integer}}", "config: {size: true}", "must be of type integer"),
        ("{on: {type: boolean}}", "config: {on: 1}", "must be of type boolean"),
        ("{on: {type: object}}", "config: {on: [1]}", "must be of type object"),
        ("{key: {type: string, secret: true}}", "config: {key: a}", "must be encrypted"),
    ],
)
def test_what_the_project_declares_is_kept_to(directory, declared, dev, words):
    write(directory, f"config: {declared}", dev=dev)
    with pytest.raises(UsageError, match=words):
        load(directory)


def test_a_declared_secret_stays_secret_when_overridden(directory):
    write(directory, "config: {key: {type: string, secret: true}}", dev="")
    found = load(directory, overrides={"shop:key": "value"})
    assert found.secret_keys == {"shop:key"}


def test_a_missing_stack_is_named_with_those_that_exist(directory):
    write(directory, dev="", prod="")
    with pytest.raises(UsageError, match=r"no stack 'staging'.* The stacks here are dev, prod"):
        load(directory, "staging")
    assert project.stacks(project.read_project(directory)) == ("dev", "prod")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: shop\nruntime: nodejs\n", "for the runtime nodejs"),
        ("runtime: python\n", "has no name"),
        ("[1]", "must be a mapping"),
        ("a: [", "no valid YAML"),
        ("a: 1\na: 2\n", "no valid YAML"),
        ("name: shop\nruntime: python\nmain: app.py\n", "app.py, which .* names, is not there"),
        ("name: shop\nruntime: python\nconfig: {a: 1, 'shop:a': 2}\n", "has shop:a twice"),
        ("[" * 600, "nested too deeply|no valid YAML"),
    ],
)
def test_a_broken_project_file_is_wrong_usage(directory, text, words):
    (directory / "Pulumi.yaml").write_text(text)
    with pytest.raises(UsageError, match=words):
        project.read_project(directory)


def test_a_directory_without_a_project_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path} has no Pulumi.yaml")):
        project.read_project(tmp_path)


def test_text_that_is_not_utf_8_is_wrong_usage(directory):
    write(directory)
    (directory / "stacks" / "Pulumi.dev.yaml").write_bytes(b"config: {a: \xff}")
    with pytest.raises(UsageError, match="not UTF-8"):
        load(directory)


def test_the_program_may_be_a_directory_or_a_file(directory):
    (directory / "app").mkdir()
    (directory / "app" / "__main__.py").write_text("")
    (directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: app\n")
    assert project.read_project(directory).main == directory / "app" / "__main__.py"
