"""The sandbox's engine does what the stock engine did: the recordings, replayed."""

import copy
from pathlib import Path

import pytest

from seawall_sandbox.agreement import embedded
from seawall_sandbox.agreement.compare import differences, unexplained
from seawall_sandbox.agreement.corpus import Corpus
from seawall_sandbox.engine.errors import UsageError

CORPUS = Corpus(Path(__file__).parent / "agreement")
LAB = CORPUS.lab()


def test_every_case_has_a_recording_and_every_recording_a_case():
    recorded = {path.stem for path in (CORPUS.directory / "recordings").glob("*.json")}
    assert recorded == set(CORPUS.names())
    assert len(recorded) >= 60


@pytest.mark.parametrize("name", CORPUS.names())
def test_agrees_with_the_stock_engine(name, tmp_path):
    case = CORPUS.case(name)
    found = differences(CORPUS.recording(name), embedded.record(case, LAB, tmp_path))
    assert unexplained(found, case.differs) == []


def altered(change):
    recording = CORPUS.recording("create_before_delete_chain")
    other = copy.deepcopy(recording)
    change(other)
    return differences(recording, other)


def test_a_recording_agrees_with_itself():
    assert altered(lambda _: None) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["runs"][3]["steps"].pop(),
        lambda r: r["runs"][3]["steps"][1].update(op="update"),
        lambda r: r["runs"][3]["steps"][1].update(reasons=["size"]),
        lambda r: r["runs"][4]["steps"].reverse(),
        lambda r: r["runs"][4]["calls"].pop(),
        lambda r: r["runs"][3]["calls"].append("create a"),
        lambda r: r["runs"][3]["state"][0].update(protect=True),
        lambda r: r["runs"][3]["state"].pop(),
        lambda r: r["runs"][3].update(failed=True),
        lambda r: r["runs"][3]["outputs"].update(x=1),
        lambda r: r["runs"].pop(),
        lambda r: r.update(fingerprint="of another program"),
    ],
    ids=range(12),
)
def test_a_difference_is_told(change):
    assert altered(change)


def test_a_difference_that_is_meant_must_still_be_there():
    assert unexplained(["steps > a: x", "state > b: y"], ["steps > a"]) == ["state > b: y"]
    assert unexplained([], ["steps > a"]) == [
        "differs no more, so take it out of the case: steps > a"
    ]


def test_a_case_without_recording_says_how_to_make_one(tmp_path):
    for name in ("provider.py", "prelude.py"):
        (tmp_path / name).write_text((CORPUS.directory / name).read_text())
    (tmp_path / "cases").mkdir()
    with pytest.raises(UsageError, match=r"seawall sandbox agree --record new"):
        Corpus(tmp_path).recording("new")


def test_a_misspelt_key_of_a_case_is_named(tmp_path):
    for name in ("provider.py", "prelude.py"):
        (tmp_path / name).write_text((CORPUS.directory / name).read_text())
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "x.yaml").write_text("about: x\nsteps: [{program: '', target: [a]}]\n")
    with pytest.raises(UsageError, match="target: not one of cloud, continue, export, program"):
        Corpus(tmp_path).case("x")


def test_a_directory_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no agreement corpus"):
        Corpus(tmp_path)
