"""A stack that the stock CLI exported goes on in the sandbox; one that cannot is refused whole.

The export is a recording of the agreement corpus: what the CLI wrote, and what was in the cloud.
"""

import copy
import json
from pathlib import Path

import pytest

from seawall_sandbox.agreement.corpus import PROJECT, Corpus
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.exchange import read_export
from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import Op, SilentDisplay

CORPUS = Corpus(Path(__file__).parent / "agreement")
LAB = CORPUS.lab()
CASE = CORPUS.case("export")
(RECORDED,) = CORPUS.recording("export")["exports"]
STACK = RECORDED["stack"]
PASSPHRASE = "agreement"


def imported(directory, content=None, **changes):
    """Take the export over into a new backend."""
    given = {"stack": STACK, "project": PROJECT, "passphrase": lambda: PASSPHRASE, **changes}
    raw = json.dumps(content or RECORDED["export"]).encode()
    backend = Backend(directory / "state", PROJECT, given["passphrase"])
    backend.take_over(STACK, read_export(raw, "dev.json", **given))
    return backend


def engine(directory, backend, **options):
    (directory / "__main__.py").write_text(RECORDED["program"])
    LAB.cloud(directory).write_text(json.dumps(RECORDED["cloud"]))
    project = Project(
        directory=directory,
        name=PROJECT,
        main=directory / "__main__.py",
        config={**CASE.config, **CASE.secrets},
        secret_keys=frozenset(CASE.secrets),
    )
    providers = {LAB.package: lambda: LAB.make(directory)}
    return Engine(project, STACK, backend, providers, SilentDisplay(), Options(**options))


def test_an_exported_stack_goes_on_without_a_change(tmp_path):
    backend = imported(tmp_path)
    for verb in ("preview", "up"):
        result = getattr(engine(tmp_path, backend), verb)()
        assert not result.failed, result.diagnostics
        assert {step.op for step in result.steps} == {Op.SAME, Op.READ}
    assert set(LAB.calls(tmp_path)) == {"read e"}
    assert len(result.steps) == len(backend.load(STACK).resources) - 1  # the default provider


def test_what_was_recorded_is_what_is_taken_over(tmp_path):
    path = imported(tmp_path).path(STACK)
    text = path.read_text()
    states = {
        state.urn.rpartition("::")[2]: state
        for state in Backend(tmp_path / "state", PROJECT, PASSPHRASE).load(STACK).resources
    }
    assert states["a"].inputs["size"].value == {"deep": [1, "x", None]}
    assert states["b"].protect
    assert states["c"].timeouts == {"create": 300}
    assert states["d"].hooks == {"BeforeDelete": ("bye",)}
    assert states["d"].replacement_trigger == "x"
    assert states["e"].external
    assert "token-of" not in text
    assert json.loads(text)["version"] == 4


def test_the_state_before_is_kept_and_is_no_stack(tmp_path):
    backend = imported(tmp_path)
    first = backend.path(STACK).read_text()
    raw = json.dumps(RECORDED["export"]).encode()
    found = read_export(
        raw, "dev.json", stack=STACK, project=PROJECT, passphrase=lambda: PASSPHRASE
    )
    asides = [backend.take_over(STACK, found), backend.take_over(STACK, found)]
    assert [path.name for path in asides] == ["dev.replaced-1.json", "dev.replaced-2.json"]
    kept = json.loads(asides[0].read_text())["deployment"]["resources"]
    assert kept == json.loads(first)["deployment"]["resources"]
    assert backend.stacks() == (STACK,)


def test_plain_secrets_are_sealed(tmp_path):
    """As ``pulumi stack export --show-secrets`` writes them."""
    content = copy.deepcopy(RECORDED["export"])
    (thing,) = [r for r in content["deployment"]["resources"] if r["urn"].endswith("::a")]
    thing["inputs"]["size"].pop("ciphertext")
    thing["inputs"]["size"]["plaintext"] = '{"planted":"text"}'
    backend = imported(tmp_path, content)
    states = {state.urn: state for state in backend.load(STACK).resources}
    assert states[thing["urn"]].inputs["size"].value == {"planted": "text"}
    assert "planted" not in backend.path(STACK).read_text()


def change(where, value):
    def apply(content):
        *front, last = where
        for key in front:
            content = content[key]
        content[last] = value

    return apply


def drop(name):
    def apply(content):
        kept = [r for r in content["deployment"]["resources"] if not r["urn"].endswith(name)]
        content["deployment"]["resources"] = kept

    return apply


def cut_short(content):
    resource = content["deployment"]["resources"][-1]
    content["deployment"]["pending_operations"] = [{"type": "creating", "resource": resource}]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (change(["version"], 2), "format version 2"),
        (change(["version"], 5), "format version 5"),
        (change(["features"], ["views", "hooks"]), "needs views, which this engine"),
        (change(["deployment", "secrets_providers", "type"], "service"), "kept by service"),
        (change(["deployment", "secrets_providers"], {}), "does not say what seals them"),
        (change(["deployment", "resources"], []), "has no resources"),
        (change(["deployment", "resources", 1], {"type": "x"}), "is not a Pulumi deployment"),
        (change(["deployment"], []), "has no resources"),
        (change(["deployment"], "x"), "is not a Pulumi deployment"),
        (drop("::a"), "refers to resources that it does not have"),
        (cut_short, "operations that were cut short: creating urn:pulumi:dev::lab"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_whole(tmp_path, spoil, message):
    content = copy.deepcopy(RECORDED["export"])
    spoil(content)
    with pytest.raises(UsageError, match=message) as raised:
        imported(tmp_path, content)
    assert "dev.json" in str(raised.value)
    assert str(raised.value).endswith("Nothing was touched.")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"stack": "prod"}, "is of the stack dev of the project lab, not of prod of lab"),
        ({"project": "shop"}, "is of the stack dev of the project lab, not of dev of shop"),
        ({"passphrase": lambda: "wrong"}, "passphrase does not open"),
    ],
)
def test_a_wrong_name_or_passphrase_is_told(tmp_path, given, message):
    with pytest.raises(UsageError, match=message):
        imported(tmp_path, **given)
    assert not (tmp_path / "state").exists()


def test_text_that_is_no_json_is_refused():
    with pytest.raises(UsageError, match=r"x\.json is not a Pulumi deployment: make it with"):
        read_export(b"{", "x.json", stack=STACK, project=PROJECT, passphrase=lambda: PASSPHRASE)
