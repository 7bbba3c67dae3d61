"""The real command from end to end on a small program: outputs, exit codes, interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import platforms
import pytest

SEAWALL = Path(sys.executable).with_name("seawall")
PROGRAM = """
import pulumi
import pulumi_random as random

name = random.RandomId("pet", byte_length=int(pulumi.Config().get("length") or 2))
word = random.RandomPassword("word", length=12)
pulumi.export("pet", name.hex)
pulumi.export("word", word.result)
"""
URN = "urn:pulumi:local::mini::"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("cli")
    (directory / "Pulumi.yaml").write_text("name: mini\nruntime: python\n")
    for stack in ("local", "broken", "fresh", "slow"):
        (directory / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    with platforms.own_emulator(directory / ".seawall"):
        yield directory


@pytest.fixture
def seawall(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: str, program: str = PROGRAM) -> subprocess.CompletedProcess[str]:
        (project / "__main__.py").write_text(program)
        return subprocess.run(  # noqa: S603  # our own command
            [SEAWALL, *arguments], cwd=project, capture_output=True, text=True, check=False
        )

    return call


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON on standard output, which is all that may be there."""
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert list(document) == ["steps", "summary", "outputs", "durationSeconds"]
    assert list(document["summary"]) == ["create", "update", "replace", "delete", "same"]
    assert isinstance(document["durationSeconds"], float)
    return document


def names(document: dict[str, Any], op: str, urn: str = URN) -> list[str]:
    steps = [step for step in document["steps"] if step["op"] == op]
    assert all(step["urn"].startswith(urn) for step in steps)
    return sorted(step["urn"].rsplit("::", 1)[-1] for step in steps)


def test_a_stack_from_preview_to_destroy_as_json(seawall):
    planned = told(seawall("sandbox", "preview", "--json"))
    assert names(planned, "create") == ["mini-local", "pet", "word"]
    assert planned["outputs"]["word"] == "[secret]"
    assert planned["outputs"]["pet"] == "[known after up]"

    made = told(seawall("sandbox", "up", "--json"))
    assert made["summary"] == {"create": 3, "update": 0, "replace": 0, "delete": 0, "same": 0}
    assert made["outputs"]["word"] == "[secret]"
    assert len(made["outputs"]["pet"]) == 4

    again = told(seawall("sandbox", "up", "--json"))
    assert again["summary"] == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": 3}

    changed = told(seawall("sandbox", "preview", "--json", "-c", "mini:length=3"))
    assert names(changed, "replace") == ["pet"]
    reasons = [step.get("replaceReasons") for step in changed["steps"] if "pet" in step["urn"]]
    assert ["byteLength"] in reasons
    short = told(seawall("sandbox", "preview", "--json", "-c", "length=3"))
    assert short["summary"] == changed["summary"]

    shown = seawall("sandbox", "outputs", "--json")
    assert json.loads(shown.stdout) == made["outputs"]
    opened = json.loads(seawall("sandbox", "outputs", "--json", "--show-secrets").stdout)
    assert len(opened["word"]) == 12

    assert told(seawall("sandbox", "refresh", "--json"))["summary"]["delete"] == 0
    gone = told(seawall("sandbox", "destroy", "--json"))
    assert names(gone, "delete") == ["mini-local", "pet", "word"]
    assert gone["summary"]["delete"] == 3
    empty = seawall("sandbox", "outputs")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert empty.stderr == (
        "stack local has no outputs. Bring it up: seawall sandbox up --stack local\n"
    )


def test_a_run_that_fails_keeps_what_it_did_and_says_what_to_do(seawall):
    refused = (
        PROGRAM
        + """
word.id.apply(lambda _: random.RandomPassword("empty", length=0))
"""
    )
    failed = seawall("sandbox", "up", "--stack", "broken", program=refused)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stdout
    assert failed.stdout.count("length must be at least 1, got 0.") == 1, "a failure is told once"
    assert (
        "up of stack broken failed at random:RandomPassword empty; what was done is kept in the "
        "state. Mend what is named above and run it again.\n"
    ) in failed.stdout
    as_json = seawall("sandbox", "up", "--stack", "broken", "--json", program=refused)
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["summary"]["same"] == 3
    assert as_json.stderr.startswith("error: ")
    mended = told(seawall("sandbox", "up", "--stack", "broken", "--json"))
    assert mended["summary"]["same"] == 3
    assert told(seawall("sandbox", "destroy", "--stack", "broken", "--json"))


def test_a_stack_is_exported_and_imported(seawall, project):
    assert told(seawall("sandbox", "up", "--stack", "broken", "--json"))
    before = (project / ".seawall" / "mini" / "broken.json").read_text()
    written = seawall("sandbox", "export", "--stack", "broken", "--file", "broken.export")
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    refused = seawall("sandbox", "import", "broken.export", "--stack", "fresh")
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: broken.export is of the stack broken of the project mini, not of fresh of mini: "
        "name that stack with --stack, in its project's directory, or rename it first with "
        "`pulumi stack rename`. Nothing was touched.\n"
    )
    assert not (project / ".seawall" / "mini" / "fresh.json").exists()
    taken = seawall("sandbox", "import", "broken.export", "--stack", "broken")
    aside = project / ".seawall" / "mini" / "broken.replaced-1.json"
    *lines, last = taken.stdout.splitlines()
    assert lines == [
        "imported 4 resources into the stack broken",
        f"the state before is kept as {aside}",
    ]
    assert last.endswith("seawall sandbox preview --stack broken")
    assert (
        json.loads(aside.read_text())["deployment"]["resources"]
        == (json.loads(before)["deployment"]["resources"])
    )
    assert told(seawall("sandbox", "preview", "--stack", "broken", "--json"))["summary"] == {
        "create": 0, "update": 0, "replace": 0, "delete": 0, "same": 3,
    }  # fmt: skip
    assert told(seawall("sandbox", "destroy", "--stack", "broken", "--json"))
    empty = seawall("sandbox", "export", "--stack", "fresh")
    assert empty.returncode == 2
    assert "nothing to export" in empty.stderr


def test_a_preview_is_written_as_markdown(seawall, project):
    done = seawall("sandbox", "preview", "--stack", "fresh", "--markdown", "plan.md")
    assert done.returncode == 0, done.stderr
    text = (project / "plan.md").read_text()
    assert text.startswith("## Preview of stack `fresh`\n\n3 to create.\n")
    assert "| create | `random:index/randomId:RandomId` | `pet` |  |" in text


def test_the_report_of_another_project_has_its_resources(seawall, project):
    done = seawall("report", "--stack", "fresh")
    assert done.returncode == 0, done.stderr
    written = project / ".seawall" / "mini" / "fresh.report"
    assert (written / "report.md").read_text() == done.stdout
    document = json.loads((written / "report.json").read_text())
    assert [each["name"] for each in document["resources"]] == ["pet", "word"]
    assert done.stdout.startswith("# Platform report: stack fresh\n\n2 resources in 1 component.")


SLOW = """
import pathlib, time
import pulumi_random as random

random.RandomId("pet", byte_length=2)
pathlib.Path("waiting").touch()
time.sleep(60)
"""


def test_ctrl_c_twice_ends_at_once_and_the_next_run_goes_on(seawall, project):
    (project / "__main__.py").write_text(SLOW)
    waiting = project / "waiting"
    running = subprocess.Popen(  # noqa: S603  # our own command
        [SEAWALL, "sandbox", "up", "--stack", "slow"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        limit = time.monotonic() + 60
        while not waiting.exists():
            assert time.monotonic() < limit
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        assert running.stdout is not None
        assert any("Interrupt once more to stop at once." in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=20)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 1
    assert error == (
        "error: interrupted. What was done is kept in the state: run the command again to go on.\n"
    )
    went_on = told(seawall("sandbox", "up", "--stack", "slow", "--json"))
    assert names(went_on, "delete") == []
    assert told(seawall("sandbox", "destroy", "--stack", "slow", "--json"))


ONCE = """
import os, signal, time
import pulumi_random as random

def interrupt(_):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)
    return 12

pet = random.RandomId("pet", byte_length=2)
random.RandomPassword("word", length=pet.hex.apply(interrupt))
"""


def test_ctrl_c_once_saves_what_was_done(seawall, project):
    stopped = seawall("sandbox", "up", "--stack", "slow", program=ONCE)
    assert stopped.returncode == 1
    assert "Interrupted: what is running is finished and saved" in stopped.stdout
    assert not (project / ".seawall" / "mini" / "slow.journal").exists()
    went_on = told(seawall("sandbox", "up", "--stack", "slow", "--json"))
    assert names(went_on, "create", URN.replace("local", "slow")) == ["word"]
    assert told(seawall("sandbox", "destroy", "--stack", "slow", "--json"))


INTERRUPTED_START = """
import signal, sys, threading

times = int(sys.argv.pop(1))
start = threading.Thread.start

def interrupted(thread):
    start(thread)
    if thread.name == "program":
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)

threading.Thread.start = interrupted
from seawall.cli.app import main
main()
"""


@pytest.mark.parametrize(
    ("times", "message"),
    [(1, "Interrupted: what is running is finished and saved"), (2, "error: interrupted.")],
)
def test_ctrl_c_is_counted_while_the_program_is_started(project, times, message):
    (project / "__main__.py").write_text(PROGRAM)
    done = subprocess.run(  # noqa: S603  # our own interpreter and command
        [sys.executable, "-c", INTERRUPTED_START, str(times), "sandbox", "up", "--stack", "slow"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert message in (done.stdout if times == 1 else done.stderr)


def test_the_emulator_is_started_found_and_stopped(seawall, tmp_path):
    place = ("--state-dir", str(tmp_path / "state"))
    assert seawall("sandbox", "emulator", "status", *place).stdout == "not running\n"
    assert not (tmp_path / "state").exists()
    with platforms.own_emulator(tmp_path / "state"):
        started = seawall("sandbox", "emulator", "start", *place).stdout
        assert started.startswith("started: http://127.0.0.1:")
        endpoint = started.removeprefix("started: ").strip()
        again = seawall("sandbox", "emulator", "start", *place).stdout
        assert again == f"runs already: {endpoint}\n"
        status = seawall("sandbox", "emulator", "status", *place)
        assert status.stdout.startswith(f"endpoint   {endpoint}\n")
        assert seawall("sandbox", "emulator", "stop", *place).stdout == "stopped\n"
        assert seawall("sandbox", "emulator", "stop", *place).stdout == "it was not running\n"
    assert seawall("sandbox", "emulator", "status", *place).returncode == 1
