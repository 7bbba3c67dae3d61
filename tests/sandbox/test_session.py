"""Sessions: a small project through engine, providers and emulator."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from seawall_sandbox import emulator as aws_emulator
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.session import Session
from seawall_sandbox.values import Secret

pytestmark = pytest.mark.emulator

PROGRAM = """
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_random as random

config = pulumi.Config()
vpc = aws.ec2.Vpc("main", cidr_block="10.77.0.0/16")
password = random.RandomPassword("db", length=24)
space = k8s.core.v1.Namespace("shop", metadata={"name": "shop"})
key = k8s.core.v1.Secret(
    "db",
    metadata={"namespace": space.metadata.name},
    string_data={"password": password.result, "token": config.require_secret("token")},
)
pulumi.export("vpc", vpc.id)
pulumi.export("password", password.result)
pulumi.export("token", config.require_secret("token"))
"""
TOKEN = "planted-token-0815"
PASSPHRASE = "correct horse"


@pytest.fixture
def project_dir(tmp_path):
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "__main__.py").write_text(PROGRAM)
    (directory / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
    sealed = PassphraseSecrets(PASSPHRASE)
    (directory / "Pulumi.dev.yaml").write_text(
        json.dumps(
            {
                "config": {
                    "aws:region": "us-east-1",
                    "trial:token": {"secure": sealed.encrypt(TOKEN)},
                },
                "encryptionsalt": sealed.state,
            }
        )
    )
    return directory


@pytest.fixture(autouse=True)
def _no_passphrase_around(monkeypatch):
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)


def succeeded(result):
    assert not result.failed, [diagnostic.message for diagnostic in result.diagnostics]
    return result


def changed(result, op):
    """How many resources a run did that to; default providers come and go on their own."""
    steps = [step for step in result.steps if not step.type.startswith("pulumi:providers:")]
    return len([step for step in steps if step.op == op])


def test_a_stacks_life(make_session, project_dir):
    def session():
        return make_session(project_dir, "dev", passphrase=PASSPHRASE)

    assert changed(succeeded(session().preview()), "create") == 5
    assert not session().state_path.exists()
    up = succeeded(session().up())
    assert changed(up, "create") == 5
    assert up.outputs["vpc"].startswith("vpc-")
    assert isinstance(up.outputs["password"], Secret)
    assert len(list(session().render_dir.rglob("*.yaml"))) == 2
    assert changed(succeeded(session().up()), "same") == 5
    shown = session().outputs(show_secrets=True)
    assert (shown["token"], len(shown["password"])) == (TOKEN, 24)
    _secrets_are_nowhere(session().state_path.parents[1], TOKEN, shown["password"])
    succeeded(session().refresh())
    assert changed(succeeded(session().destroy()), "delete") == 5
    assert not list(session().render_dir.rglob("*.yaml"))
    assert session().outputs() == {}


def _secrets_are_nowhere(state_dir: Path, *planted: str) -> None:
    for file in state_dir.rglob("*"):
        if file.is_file():
            content = file.read_text(errors="replace")
            assert not [text for text in planted if text in content], file


def test_a_stack_moves_to_another_checkout_with_the_same_emulator(
    make_session, project_dir, tmp_path, emulator_dir
):
    def session():
        return make_session(project_dir, "dev", passphrase=PASSPHRASE)

    succeeded(session().up())
    exported = tmp_path / "exported.json"
    exported.write_text(session().export())
    _secrets_are_nowhere(tmp_path / "exported.json", TOKEN)

    def other():
        return Session(
            project_dir,
            "dev",
            state_dir=tmp_path / "other",
            emulator_dir=emulator_dir,
            passphrase=PASSPHRASE,
        )

    with pytest.raises(UsageError, match="has nothing to export"):
        other().export()
    done = other().import_(exported)
    assert (done.resources, done.aside, done.emulated) == (8, None, True)
    assert changed(succeeded(other().preview()), "same") == 5
    assert other().outputs(show_secrets=True) == session().outputs(show_secrets=True)
    # The objects lie where the other checkout rendered them.
    other().render_dir.parent.mkdir(exist_ok=True)
    shutil.copytree(session().render_dir, other().render_dir)
    assert changed(succeeded(other().destroy()), "delete") == 5
    again = other().import_(exported)
    assert again.aside is not None
    succeeded(session().refresh())
    succeeded(session().destroy())


def test_an_import_without_an_emulator_says_so(project_dir, tmp_path, make_session):
    state = make_session(project_dir, "dev", passphrase=PASSPHRASE)
    succeeded(state.up())
    exported = tmp_path / "exported.json"
    exported.write_text(state.export())
    alone = Session(project_dir, "dev", state_dir=tmp_path / "alone", passphrase=PASSPHRASE)
    assert not alone.import_(exported).emulated
    assert not (tmp_path / "alone" / "emulator.json").exists()
    with pytest.raises(UsageError, match="cannot be read"):
        alone.import_(tmp_path / "gone.json")
    succeeded(make_session(project_dir, "dev", passphrase=PASSPHRASE).destroy())


def test_an_emulator_that_lost_its_memory_is_noticed(project_dir, tmp_path):
    state_dir = tmp_path / "own"

    def session():
        return Session(project_dir, "dev", state_dir=state_dir, passphrase=PASSPHRASE)

    try:
        first = succeeded(session().up())
        assert first.notices == ()
        assert succeeded(session().up()).notices == ()
        assert aws_emulator.stop(state_dir)
        again = succeeded(session().up())
        assert changed(again, "create") == 5
        assert again.outputs["vpc"] != first.outputs["vpc"]
        assert len(again.notices) == 1
        assert "lost its memory: the 8 resources of the stack dev" in again.notices[0]
        assert succeeded(session().up()).notices == ()
        assert aws_emulator.stop(state_dir)
        gone = succeeded(session().destroy())
        assert changed(gone, "delete") == 0
        assert len(gone.notices) == 1
        assert aws_emulator.stop(state_dir)
        assert succeeded(session().preview()).notices == ()
    finally:
        aws_emulator.stop(state_dir)


def test_the_passphrase_comes_from_the_environment_or_is_the_checkouts_own(
    make_session, project_dir, tmp_path, monkeypatch
):
    wrong = "does not open this stack's secrets"
    with pytest.raises(UsageError, match=wrong):
        make_session(project_dir, "dev")
    own = tmp_path / "state" / "passphrase"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert len(own.read_text().strip()) >= 32
    file = tmp_path / "phrase"
    file.write_text(f"{PASSPHRASE}\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(file))
    assert make_session(project_dir, "dev")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    with pytest.raises(UsageError, match=wrong):
        make_session(project_dir, "dev")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    file.unlink()
    with pytest.raises(UsageError, match=r"PULUMI_CONFIG_PASSPHRASE_FILE names .* cannot be read"):
        make_session(project_dir, "dev")


def test_a_state_whose_passphrase_is_gone_is_refused_and_kept(make_session, project_dir, tmp_path):
    passphrase = tmp_path / "state" / "passphrase"
    passphrase.parent.mkdir()
    passphrase.write_text(PASSPHRASE)
    session = make_session(project_dir, "dev")
    succeeded(session.up())
    before = session.state_path.read_bytes()
    passphrase.unlink()
    with pytest.raises(UsageError, match="that file is gone"):
        make_session(project_dir, "dev")
    assert session.state_path.read_bytes() == before
    assert not passphrase.exists()


def test_secrets_without_their_salt_say_how_to_get_it_back(make_session, project_dir):
    path = project_dir / "Pulumi.dev.yaml"
    content = json.loads(path.read_text())
    del content["encryptionsalt"]
    path.write_text(json.dumps(content))
    with pytest.raises(UsageError, match="no encryptionsalt"):
        make_session(project_dir, "dev", passphrase=PASSPHRASE)


def test_an_emulator_that_cannot_start_fails_the_run(project_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(aws_emulator.process, "_MODULE", "seawall_sandbox.no_such_module")
    session = Session(project_dir, "dev", state_dir=tmp_path / "x", passphrase=PASSPHRASE)
    with pytest.raises(EngineError, match="No module named"):
        session.preview()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs Linux's /proc")
def test_emulators_of_tests_are_owned_by_the_tests(emulator):
    command = Path(f"/proc/{emulator.pids[0]}/cmdline").read_bytes().split(b"\0")
    assert command[command.index(b"--owner-pid") + 1] == str(os.getpid()).encode()


def test_two_checkouts_do_not_disturb_each_other(project_dir, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(project_dir, other)
    sessions = [Session(d, "dev", passphrase=PASSPHRASE) for d in (project_dir, other)]
    try:
        assert len({session.emulator_endpoint for session in sessions}) == 2
        assert len({session.state_path for session in sessions}) == 2
        succeeded(sessions[0].up())
        assert sessions[1].outputs() == {}
        assert (project_dir / ".seawall" / ".gitignore").read_text() == "*\n"
    finally:
        for directory in (project_dir, other):
            aws_emulator.stop(directory / ".seawall")
