"""``seawall sandbox agree``: what it says and how it ends."""

import json
import shutil
from pathlib import Path

import pytest

from seawall.cli.app import run

CORPUS = Path(__file__).parents[2] / "sandbox" / "agreement"
CASE = "create_update_replace"


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A corpus of one case, and no pulumi on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    place = tmp_path / "corpus"
    for kind in ("cases", "recordings"):
        (place / kind).mkdir(parents=True)
    for file in ("provider.py", "prelude.py", f"cases/{CASE}.yaml", f"recordings/{CASE}.json"):
        shutil.copy(CORPUS / file, place / file)
    return place


def test_it_replays_the_recordings(corpus, capsys):
    assert run(["sandbox", "agree", "--corpus", str(corpus)]) == 0
    assert capsys.readouterr().out == (
        "pulumi is not on PATH: comparing with the recordings alone.\n1 cases, 0 that differ\n"
    )


def test_a_difference_is_told_and_fails(corpus, capsys):
    path = corpus / "recordings" / f"{CASE}.json"
    recording = json.loads(path.read_text())
    recording["runs"][0]["failed"] = True
    path.write_text(json.dumps(recording))
    assert run(["sandbox", "agree", "--corpus", str(corpus), CASE]) == 1
    out = capsys.readouterr().out
    assert f"{CASE} differs: Create, update in place" in out
    assert "runs[0] > failed: stock True, the sandbox False" in out
    assert out.endswith("1 cases, 1 that differ\n")


def test_a_case_that_is_not_there_is_named_with_those_that_are(corpus, capsys):
    assert run(["sandbox", "agree", "--corpus", str(corpus), "nothing"]) == 2
    assert capsys.readouterr().err == (f"error: There is no case nothing. The cases are {CASE}.\n")


def test_recording_needs_the_stock_cli(corpus, capsys):
    assert run(["sandbox", "agree", "--corpus", str(corpus), "--record"]) == 2
    assert "There is no pulumi on PATH to record with" in capsys.readouterr().err


def test_a_stock_cli_that_fails_is_told(corpus, tmp_path, capsys):
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text("#!/bin/sh\necho 'no such backend' >&2\nexit 1\n")
    pulumi.chmod(0o755)
    assert run(["sandbox", "agree", "--corpus", str(corpus)]) == 1
    assert "`pulumi stack init` failed: no such backend" in capsys.readouterr().err
