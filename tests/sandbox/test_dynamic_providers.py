"""Resources whose providers a program brings along (``pulumi.dynamic``)."""

import pytest
from platforms import succeeded
from test_anyones_program import told, write

from seawall_sandbox.events import SilentDisplay

pytestmark = pytest.mark.emulator

NOTES = """
import json
import pathlib
import pulumi
from pulumi.dynamic import (
    CheckResult, ConfigureRequest, CreateResult, DiffResult, ReadResult, Resource,
    ResourceProvider, UpdateResult)
from shelf import place

class Notes(ResourceProvider):
    def configure(self, req: ConfigureRequest):
        self.mark = req.config.get("mark") or ""

    def check(self, olds, news):
        if "/" in str(news["title"]):
            return CheckResult(news, [pulumi.dynamic.CheckFailure("title", "has a slash.")])
        return CheckResult({**news, "text": news["text"].strip()}, [])

    def diff(self, id, olds, news):
        return DiffResult(
            changes=any(olds[key] != news[key] for key in ("title", "text")),
            replaces=["title"] if olds["title"] != news["title"] else [],
            delete_before_replace=True)

    def create(self, props):
        file = place() / props["title"]
        file.write_text(props["text"])
        print(f"wrote {props['title']}")
        size = len(props["text"])
        return CreateResult(props["title"], {**props, "size": size, "mark": self.mark})

    def read(self, id, props):
        file = place() / id
        if not file.exists():
            return ReadResult("", {})
        return ReadResult(id, {**props, "text": file.read_text()})

    def update(self, id, olds, news):
        (place() / id).write_text(news["text"])
        return UpdateResult({**news, "size": len(news["text"]), "mark": self.mark})

    def delete(self, id, props):
        (place() / id).unlink()

class Note(Resource, module="notes", name="Note"):
    size: pulumi.Output[int]
    mark: pulumi.Output[str]

    def __init__(self, name, title, text, opts=None):
        props = {"title": title, "text": text, "size": None, "mark": None}
        super().__init__(Notes(), name, props, opts)

config = pulumi.Config()
note = Note("note", config.get("title") or "first", config.get("text") or " hello ")
pulumi.export("size", note.size.apply(lambda size: size + 1))
pulumi.export("mark", note.mark)
"""
SHELF = """
import pathlib

def place():
    return pathlib.Path("shelf")
"""


@pytest.fixture
def notes(tmp_path):
    project = write(tmp_path / "notes", NOTES, config={"theirs:mark": "m"})
    (project / "shelf.py").write_text(SHELF)
    (project / "shelf").mkdir()
    return project


def found(project):
    return {file.name: file.read_text() for file in (project / "shelf").iterdir()}


def ops(result):
    return [step.op.value for step in result.steps if "dynamic" in step.type]


def test_they_come_change_and_go_by_the_programs_own_code(make_session, notes):
    display = SilentDisplay()

    def session(**config):
        return make_session(notes, "dev", survey=True, config=config, display=display)

    preview = succeeded(session().preview())
    assert ops(preview) == ["create"]
    assert found(notes) == {}
    up = succeeded(session().up())
    assert found(notes) == {"first": "hello"}
    assert dict(up.outputs) == {"size": 6, "mark": "m"}
    assert "wrote first" in [item.message for item in display.diagnostics]
    assert ops(succeeded(session().up())) == ["same"]
    assert ops(succeeded(session(text="longer").up())) == ["update"]
    assert found(notes) == {"first": "longer"}
    replaced = ops(succeeded(session(text="longer", title="second").up()))
    assert replaced == ["delete-replaced", "replace", "create-replacement"]
    assert found(notes) == {"second": "longer"}
    (notes / "shelf" / "second").write_text("changed by hand")
    assert ops(succeeded(session().refresh())) == ["update"]
    assert ops(succeeded(session(text="longer", title="second").up())) == ["update"]
    assert found(notes) == {"second": "longer"}
    succeeded(session().destroy())
    assert found(notes) == {}


def test_what_the_programs_code_refuses_or_raises_is_told(make_session, notes):
    refused = make_session(notes, "dev", config={"title": "a/b"}).up()
    assert refused.failed
    assert "property title has a problem: has a slash." in told(refused)
    (notes / "shelf").rmdir()
    failed = make_session(notes, "dev").up()
    assert failed.failed
    assert "Could not create pulumi-python:dynamic/notes:Note 'note'" in told(failed)
    assert "FileNotFoundError" in told(failed)
    assert "Traceback" in told(failed)
