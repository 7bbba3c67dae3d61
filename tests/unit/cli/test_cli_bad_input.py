"""Bad input through the real command: exit code 2, a line for each error, and nothing is touched.

What is wrong with each single setting and Compose key is tested where it is checked; here, that
whatever is wrong reaches the user in the same way, before anything exists.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.cli.app import run

STACK = "stacks/Pulumi.local.yaml"

Change = Callable[[Path], object]


def swap(file: str, old: str, new: str) -> Change:
    def change(project: Path) -> None:
        text = (project / file).read_text(encoding="utf-8")
        assert old in text
        (project / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def write(file: str, data: bytes) -> Change:
    return lambda project: (project / file).write_bytes(data)


def unreadable(file: str) -> Change:
    """A regular file that cannot be read, even by root: reading it gives an input/output error."""

    def change(project: Path) -> None:
        (project / file).unlink()
        (project / file).symlink_to("/proc/self/mem")

    return change


def stack(old: str, new: str) -> Change:
    return swap(STACK, old, new)


def compose(old: str, new: str) -> Change:
    return swap("compose.yaml", old, new)


P = "config.seawall:platform"
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n".encode()
    for a, b in zip("abcde", "bcdef", strict=True)
)

BAD: dict[str, tuple[Change, list[tuple[str, str, str]]]] = {
    # name: (what is done to the project, [(file, path, words)])
    "wrong type": (stack("name: mini", "name: [mini]"), [(f"{STACK}:4", f"{P}.name", "string")]),
    "unknown key": (
        stack("name: mini", "name: mini\n    nmae: x"),
        [(f"{STACK}:5", f"{P}.nmae", "Did you mean 'name'?")],
    ),
    "two errors at once": (
        stack("name: mini", "name: MINI\n    network: {nat: two, zone: 3}"),
        [
            (f"{STACK}:4", f"{P}.name", "form"),
            (f"{STACK}:5", f"{P}.network.nat", "per-zone, single, none. Choose one of them."),
            (f"{STACK}:5", f"{P}.network.zone", "Did you mean 'zones'?"),
        ],
    ),
    "overlapping ranges": (
        stack("name: mini", "name: mini\n    network: {cidr: 172.20.0.0/16}"),
        [(f"{STACK}", f"{P}.cluster.serviceCidr", "overlaps")],
    ),
    "more zones than the region has": (
        stack("us-east-1\n", "us-west-1\n"),
        [(f"{STACK}", f"{P}.network.zones", "zones")],
    ),
    "unknown region": (stack("us-east-1\n", "us-est-1\n"), [(STACK, "config.aws:region", "us-")]),
    "no region": (
        stack("  aws:region: us-east-1\n", ""),
        [(STACK, "config.aws:region", "missing")],
    ),
    "moving release": (stack('"7"', "latest"), [(STACK, f"{P}.services", "moves")]),
    "missing Compose file": (
        stack("compose: compose.yaml", "compose: compsoe.yaml"),
        [(f"{STACK}:8", f"{P}.services.compose", "no Compose file compsoe.yaml")],
    ),
    "missing secret": (
        stack("      secrets: {token: {generate: 32}}\n", ""),
        [(STACK, f"{P}.services.secrets.token", "MINI_TOKEN, which is not set")],
    ),
    "secret of no service": (
        stack("token: {generate", "tokne: {generate"),
        [
            (STACK, f"{P}.services.secrets.token", "MINI_TOKEN"),
            (STACK, f"{P}.services.secrets.tokne", "Did you mean 'token'?"),
        ],
    ),
    "secret without a value": (
        stack("{generate: 32}", "{fromConfig: true}"),
        [(STACK, f"{P}.services.secrets.token", "pulumi config set --secret")],
    ),
    "secret in plain text": (
        stack("  seawall:platform:", "  seawall:secrets: {token: hunter2}\n  seawall:platform:"),
        [(f"{STACK}:3", "config.seawall:secrets.token", "encrypted")],
    ),
    "stack file is not YAML": (write(STACK, b"config: ["), [(STACK, "", "not valid YAML")]),
    "stack file is empty": (write(STACK, b""), [(STACK, "", "empty")]),
    "stack file is not UTF-8": (write(STACK, b"config: {a: \xff}"), [(STACK, "", "UTF-8")]),
    "stack file cannot be read": (unreadable(STACK), [(STACK, "", "cannot be read")]),
    "stack file is a list": (write(STACK, b"- config"), [(STACK, "", "mapping")]),
    "config is a list": (write(STACK, b"config: [a]"), [(STACK, "config", "mapping")]),
    "no Pulumi.yaml": (
        lambda project: (project / "Pulumi.yaml").unlink(),
        [("Pulumi.yaml", "", "no Pulumi project")],
    ),
    "Pulumi.yaml is not YAML": (write("Pulumi.yaml", b"a: ["), [("Pulumi.yaml", "", "YAML")]),
    "Compose file is empty": (write("compose.yaml", b""), [("compose.yaml", "", "empty")]),
    "Compose file cannot be read": (
        unreadable("compose.yaml"),
        [("compose.yaml", "", "cannot be read")],
    ),
    "Compose file is not UTF-8": (
        write("compose.yaml", b"services: {a: \xff}"),
        [("compose.yaml", "", "UTF-8")],
    ),
    "YAML bomb": (write("compose.yaml", BOMB), [("compose.yaml", "", "more than 50000")]),
    "image latest": (
        compose("1.29.3-alpine", "latest"),
        [("compose.yaml:3", "services.web.image", "latest")],
    ),
    "circular depends_on": (
        compose('    user: "101', '    depends_on: [web]\n    user: "101'),
        [("compose.yaml", "services.web.depends_on", "web")],
    ),
    "unknown Compose key": (
        compose("    expose:", "    exopse:"),
        [("compose.yaml:5", "services.web.exopse", "Did you mean 'expose'?")],
    ),
    "published port twice": (
        compose("    secrets: [token]", '    ports: ["80:8080", "80:8081"]\n    secrets: [token]'),
        [("compose.yaml:6", "services.web.ports", "80/tcp is published twice")],
    ),
    "undeclared secret": (
        compose("secrets: [token]", "secrets: [tokne]"),
        [("compose.yaml:6", "services.web.secrets[0]", "tokne")],
    ),
    "no way in": (
        compose("    x-seawall: {ingress: [{path: /, port: 8080}]}\n", ""),
        [(STACK, f"{P}.services.compose", "reachable")],
    ),
}


def files(mini: Path) -> dict[str, bytes]:
    root = mini.parent
    found = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def assert_refused(error: str, wanted: list[tuple[str, str, str]]) -> None:
    """One line for each error, with file, path and words; then their number."""
    assert "Traceback" not in error
    assert "hunter2" not in error
    *lines, count = error.splitlines()
    plural = "" if len(lines) == 1 else "s"
    assert count == f"{len(lines)} error{plural}; nothing was touched."
    assert all(line.startswith("error: ") for line in lines)
    for file, path, words in wanted:
        assert any(
            line.startswith(f"error: {file}") and path in line and words in line for line in lines
        ), f"{file} {path} {words}: {error}"
    assert len(lines) >= len(wanted)


def test_the_project_itself_is_good(mini, capsys):
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "local: 1 services, no errors\n"
    assert mini.is_dir()


@pytest.mark.parametrize("verb", ["up", "preview"])
@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_2_before_anything_is_touched(mini, capsys, name, verb):
    change, wanted = BAD[name]
    change(mini)
    before = files(mini)
    assert run(["sandbox", verb, "--state-dir", str(mini.parent / "state")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert_refused(told.err, wanted)
    assert files(mini) == before
    assert not (mini.parent / "state").exists()
    assert not (mini / ".seawall").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["sandbox", "up", "-s", "locl"], "stacks/Pulumi.locl.yaml: there is no stack 'locl'. Did"),
        (["report", "-s", "locl"], "stacks/Pulumi.locl.yaml: there is no stack 'locl'. Did you"),
        (["check", "-s", "locl"], "stacks/Pulumi.locl.yaml: there is no stack 'locl'. Did you"),
        (["sandbox", "destroy", "-s", "locl"], "There is no stack 'locl'"),
        (["sandbox", "outputs", "-s", "locl"], "There is no stack 'locl'"),
        (["sandbox", "up", "--stak", "x"], "no such option: --stak (Possible options: --stack)"),
        (["sandbox", "upp"], "no such command 'upp'. Did you mean 'up'? See: seawall sandbox"),
        (["sandbox", "up", "extra"], "got unexpected extra argument"),
        (["sandbox", "up", "-p", "0"], "invalid value for '--parallel' / '-p'"),
        (["sandbox", "up", "-p", "many"], "invalid value for '--parallel' / '-p'"),
        (["sandbox", "up", "--cwd", "nowhere"], "invalid value for '--cwd': dir 'nowhere' does"),
        (["sandbox", "up", "-c", "region"], "--config 'region' is not of the form KEY=VALUE."),
        (["sandbox", "up", "-c", "=x"], "--config is not of the form KEY=VALUE."),
        (
            ["sandbox", "up", "-c", "seawall:platform={"],
            "--config config.seawall:platform: the value is not valid JSON.",
        ),
        (
            ["sandbox", "up", "-c", 'platform={"name": "mini"}'],
            "--config config.seawall:platform.cluster: this setting is required",
        ),
        (
            ["sandbox", "preview", "-c", "aws:region=us-est-1"],
            "--config config.aws:region: 'us-est-1' is not an AWS region",
        ),
        (
            ["sandbox", "up", "-c", "seawall:platfrm={}"],
            "--config config.seawall:platfrm: 'seawall:platfrm' is not a setting of Seawall. Did",
        ),
        (
            ["sandbox", "up", "-c", 'seawall:secrets={"token": 7}'],
            "--config config.seawall:secrets.token: the value of a secret is a text",
        ),
        (["sandbox", "preview", "--markdown", "no/x.md"], "--markdown no/x.md cannot be written"),
        (["sandbox", "up", "--state-dir", "/dev/null/x"], "cannot be used: Not a directory."),
        (["sandbox", "up", "--state-dir", "compose.yaml"], "cannot be used: File exists."),
        (["sandbox", "emulator", "start", "--state-dir", "/dev/null/x"], "cannot be used: Not a"),
        (["report", "--state-dir", "/dev/null/x"], "cannot be used: Not a directory."),
        (["report", "--output", "compose.yaml/x"], "--output compose.yaml/x cannot be made"),
        (["images"], "missing option '--registry'. See: seawall images --help"),
        (["check", "nothing.yaml"], "invalid value for 'compose': file 'nothing.yaml' does not"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(mini, capsys, arguments, line):
    before = files(mini)
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    errors = [each for each in told.err.splitlines() if each.startswith("error: ")]
    assert line in errors[0]
    assert "Traceback" not in told.err
    after = files(mini)
    after.pop("project/.seawall/.gitignore", None)
    assert after == before


def test_a_project_elsewhere_is_named_by_cwd(mini, monkeypatch, capsys):
    monkeypatch.chdir(mini.parent)
    assert run(["check", "--cwd", "project"]) == 0
    assert run(["check"]) == 2
    assert f"{mini.parent} has no Pulumi.yaml" in capsys.readouterr().err.replace(
        ". has", f"{mini.parent} has"
    )


def test_check_takes_all_stacks_one_stack_or_one_compose_file(mini, capsys):
    good = (mini / STACK).read_text(encoding="utf-8")
    bad = good.replace("name: mini", "name: MINI")
    (mini / "stacks" / "Pulumi.bad.yaml").write_text(bad, encoding="utf-8")
    assert run(["check"]) == 2
    told = capsys.readouterr()
    assert told.out == "local: 1 services, no errors\n"
    assert told.err.startswith("error: stacks/Pulumi.bad.yaml:4 config.seawall:platform.name")
    assert run(["check", "--stack", "local"]) == 0
    assert run(["check", "compose.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "compose.yaml: 1 services, no errors"
    compose("1.29.3-alpine", "latest")(mini)
    assert run(["check", "compose.yaml"]) == 2
    assert capsys.readouterr().err.startswith("error: compose.yaml:3 services.web.image")


def test_the_command_in_a_process_of_its_own_ends_the_same_way(mini):
    swap(STACK, "name: mini", "name: MINI")(mini)
    command = [Path(sys.executable).with_name("seawall"), "sandbox", "up"]
    environment = {**os.environ, "COLUMNS": "40"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    assert (done.returncode, done.stdout) == (2, "")
    assert_refused(done.stderr, [(f"{STACK}:4", f"{P}.name", "form")])
    assert not (mini / ".seawall").exists()


def test_no_arguments_show_the_help_and_are_wrong_usage(capsys):
    assert run([]) == 2
    assert "Usage: seawall" in capsys.readouterr().out
    assert run(["--help"]) == 0
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "seawall 0.1.0"
