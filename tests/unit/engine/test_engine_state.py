"""State files: what is written, read back, locked and set aside."""

import json

import pytest
from engine_lab import PASSPHRASE, SALT
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.engine.errors import EngineError, UnsupportedError, UsageError
from seawall_sandbox.engine.resource import State
from seawall_sandbox.engine.serialize import Codec, Deployment, Pending, without_aliases
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.values import UNKNOWN, Asset, ResourceReference, Secret


def urn(name):
    return f"urn:pulumi:dev::lab::test:index:Thing::{name}"


def thing(name, **fields):
    return State(urn=urn(name), type="test:index:Thing", custom=True, id=name, **fields)


@pytest.fixture
def backend(tmp_path):
    return Backend(tmp_path, "lab", PASSPHRASE, encryption_salt=SALT)


def again(backend):
    return Backend(backend.directory, "lab", PASSPHRASE)


_scalars = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text() | st.just(UNKNOWN)
_values = st.recursive(
    _scalars
    | st.builds(ResourceReference, st.text(), st.none() | st.text(min_size=1), st.text())
    | st.builds(lambda text: Asset({"text": text}), st.text()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), _values | st.builds(Secret, _values)))
def test_properties_survive_the_file(properties):
    sealed = []
    codec = Codec(
        lambda text: sealed.append(text) or str(len(sealed) - 1), lambda n: sealed[int(n)]
    )
    fields = json.loads(json.dumps(codec.resource(thing("a", inputs=properties))))
    assert codec.state(fields).inputs == properties


def test_every_field_survives_the_file(backend):
    given = thing(
        "a",
        inputs={"s": Secret({"deep": [1, "x"]})},
        outputs={"arn": "x"},
        parent="urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev",
        provider="urn:pulumi:dev::lab::pulumi:providers:test::p::1",
        dependencies=(urn("b"),),
        property_dependencies={"x": (urn("b"),), "y": ()},
        protect=True,
        taint=True,
        external=True,
        delete=True,
        pending_replacement=True,
        init_errors=("e",),
        additional_secret_outputs=("o",),
        timeouts={"create": 90.0},
        import_id="i",
        retain_on_delete=True,
        deleted_with=urn("b"),
        replace_with=(urn("b"),),
        ignore_changes=("tags",),
        replace_on_changes=("kind",),
        replacement_trigger={"a": 1},
        created="2026-11-22T00:00:00Z",
        modified="2026-11-22T00:00:00Z",
        rest={"sourcePosition": "project:///x#1"},
    )
    backend.save("dev", Deployment([given], [Pending("creating", thing("p"))]))
    loaded = again(backend).load("dev")
    names = State.__slots__
    assert {n: getattr(loaded.resources[0], n) for n in names} == {
        n: getattr(given, n) for n in names
    }
    assert [(p.kind, p.state.urn) for p in loaded.pending] == [("creating", urn("p"))]


def test_an_unchanged_secret_keeps_its_ciphertext(backend):
    backend.save("dev", Deployment([thing("a", inputs={"s": Secret("hush")})]))
    first = json.loads(backend.path("dev").read_text())
    other = again(backend)
    deployment = other.load("dev")
    deployment.resources.append(thing("b", inputs={"s": Secret("hush")}))
    other.save("dev", deployment)
    second = json.loads(backend.path("dev").read_text())
    assert first["deployment"]["resources"] == second["deployment"]["resources"][:1]
    sealed = [r["inputs"]["s"]["ciphertext"] for r in second["deployment"]["resources"]]
    assert len(set(sealed)) == 2
    assert "hush" not in backend.path("dev").read_text()


def test_the_file_before_is_kept_and_files_are_private(backend):
    backend.save("dev", Deployment([thing("a")]))
    before = backend.path("dev").read_bytes()
    backend.save("dev", Deployment([]))
    backup = backend.path("dev").with_name("dev.json.bak")
    assert backup.read_bytes() == before
    assert {path.stat().st_mode & 0o777 for path in (backup, backend.path("dev"))} == {0o600}
    assert sorted(p.name for p in backend.path("dev").parent.iterdir()) == [
        "dev.json",
        "dev.json.bak",
    ]


def journalled(backend):
    base = Deployment([thing("a"), thing("b")])
    recorder = backend.recorder("dev", base, dry_run=False)
    first = recorder.reserve()
    recorder.remove(base.resources[1])
    operation = recorder.begin("creating", thing("c"))
    recorder.put(thing("d"))
    recorder.put(thing("c"), key=first)
    recorder.end(operation)
    recorder.begin("updating", thing("a", inputs={"x": 1}))
    recorder.close()
    return backend.path("dev").with_name("dev.journal")


def test_a_journal_is_as_good_as_the_file(backend):
    journalled(backend)
    loaded = again(backend).load("dev")
    assert [state.id for state in loaded.resources] == ["c", "d", "a"]
    assert [(p.kind, p.state.inputs) for p in loaded.pending] == [("updating", {"x": 1})]


def test_a_line_that_was_cut_short_is_passed_over(backend):
    journal = journalled(backend)
    journal.write_bytes(journal.read_bytes() + b'{"key": 9, "resource": {"urn"')
    assert [state.id for state in again(backend).load("dev").resources] == ["c", "d", "a"]


def test_a_journal_of_another_file_is_passed_over(backend):
    journal = journalled(backend)
    text = journal.read_bytes()
    fresh = again(backend)
    fresh.save("dev", fresh.load("dev"))
    assert not journal.exists()
    journal.write_bytes(text)
    assert [state.id for state in again(backend).load("dev").resources] == ["c", "d", "a"]


def test_references_follow_an_alias():
    old, new = urn("old"), urn("new")
    provider = "urn:pulumi:dev::lab::pulumi:providers:test::"
    states = [
        State(
            urn=f"{provider}n", type="pulumi:providers:test", custom=True, aliases=(f"{provider}o",)
        ),
        thing("new", aliases=(old,)),
        thing(
            "b",
            parent=old,
            dependencies=(old,),
            property_dependencies={"x": (old,)},
            deleted_with=old,
            replace_with=(old,),
            provider=f"{provider}o::7",
        ),
    ]
    fresh = without_aliases(states)[2]
    assert (fresh.parent, fresh.dependencies, fresh.deleted_with) == (new, (new,), new)
    assert fresh.property_dependencies == {"x": (new,)}
    assert (fresh.replace_with, fresh.provider) == ((new,), f"{provider}n::7")
    assert not any(state.aliases for state in without_aliases(states))


def test_reset_sets_the_file_aside(backend):
    backend.save("dev", Deployment([thing("a")]))
    aside = backend.reset("dev")
    assert aside is not None
    assert aside.name == "dev.lost-1.json"
    assert "Thing::a" in aside.read_text()
    assert backend.load("dev").resources == []
    assert backend.stacks() == ()
    assert backend.reset("dev") is None


def test_stacks_and_names(backend):
    for name in ("b", "a-1.x"):
        backend.save(name, Deployment())
    assert backend.stacks() == ("a-1.x", "b")
    for name in ("", "..", "a/b", "x" * 101):
        with pytest.raises(UsageError, match="not a stack name"):
            backend.path(name)


def test_outputs_for_stack_references(backend):
    root = State(
        urn="urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev",
        type="pulumi:pulumi:Stack",
        custom=False,
        outputs={"x": Secret(1)},
    )
    backend.save("dev", Deployment([root]))
    for name in ("dev", "lab/dev", "organization/lab/dev"):
        assert backend.outputs(name) == {"x": Secret(1)}
    with pytest.raises(EngineError, match=r"no stack 'prod' .* are dev"):
        backend.outputs("prod")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("{", UsageError, "not a Pulumi deployment"),
        ("[]", UsageError, "not a Pulumi deployment"),
        ('{"version": 99}', UnsupportedError, "format version 99"),
        (
            '{"version": 3, "deployment": {"secrets_providers": {"type": "awskms"}}}',
            UnsupportedError,
            "kept by awskms",
        ),
    ],
)
def test_what_cannot_be_read_is_explained(backend, text, error, message):
    backend.save("dev", Deployment())
    backend.path("dev").write_text(text)
    with pytest.raises(error, match=message):
        again(backend).load("dev")


def test_a_wrong_passphrase_shows_when_a_secret_is_read(backend):
    backend.save("dev", Deployment([thing("a", inputs={"s": Secret(1)})]))
    with pytest.raises(UsageError, match="passphrase"):
        Backend(backend.directory, "lab", "wrong").load("dev")


def test_the_nonce_changes_when_a_stack_starts_anew(backend):
    assert backend.nonce("dev") == SALT
    backend.renew("dev")
    backend.save("dev", Deployment())
    assert again(backend).nonce("dev") not in ("", SALT)
