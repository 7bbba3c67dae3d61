"""Secrets that are known here, given in every way there is, and looked for everywhere.

One stack of a small project goes up, fails, is previewed and reported on; then each planted value
is searched in each file, each output and each process.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platforms
import pytest
from ruamel.yaml import YAML

from seawall.cli.app import run
from seawall_sandbox import emulator as aws_emulator
from seawall_sandbox.engine.journal import Recorder
from seawall_sandbox.engine.secrets import PassphraseSecrets

PASSPHRASE = "planted-passphrase-7Hq2"
PLANTED = {
    "from_file": "planted-in-a-file-Kx81",
    "from_environment": "planted-in-the-environment-Vd52",
    "from_config": 'planted "sealed"\nin-the-stack-file-Zt93',
    "from_option": "planted-on-the-command-line-Pw64",
}
SERVICES = """
services:
  web:
    image: nginxinc/nginx-unprivileged:1.29.3-alpine
    user: "101:101"
    expose: ["8080"]
    secrets: [from_file, from_environment, from_config, generated]
    x-seawall: {ingress: [{path: /, port: 8080}]}
secrets:
  from_file: {file: ./secret.txt}
  from_environment: {environment: PLANTED_SECRET}
  from_config: {file: ./nowhere}
  generated: {file: ./nowhere}
"""
FAILING = """
import pulumi

def fail(values):
    raise ValueError(f"the database refused {values['from_config']}")

pulumi.Config("seawall").require_secret_object("secrets").apply(fail)
pulumi.export("leak", pulumi.Config("seawall").require_secret_object("secrets"))
"""


@dataclass
class Evidence:
    """What the runs left and said."""

    state_dir: Path
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Everything that was written, printed or handed to a process, by where it was."""
    codes: dict[str, int] = field(default_factory=dict[str, int])
    """Exit codes by run."""
    secrets: dict[str, str] = field(default_factory=lambda: dict(PLANTED))
    """The planted values, and the generated one."""

    def run(self, name: str, *arguments: str) -> None:
        """Run the command and keep what it says."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            self.codes[name] = run([*arguments, "--state-dir", str(self.state_dir)])
        self.texts[f"{name}: stdout"] = out.getvalue()
        self.texts[f"{name}: stderr"] = err.getvalue()
        # A run may leave other files than the next.
        self.keep_files(name)

    def keep_files(self, name: str) -> None:
        for path in sorted(self.state_dir.rglob("*")):
            if path.is_file() and path.name != "passphrase":
                place = path.relative_to(self.state_dir)
                self.texts[f"{name}: {place}"] = path.read_text("utf-8", errors="replace")


def write_project(project: Path) -> None:
    secrets = PassphraseSecrets(PASSPHRASE)
    for name in ("Pulumi.yaml", "__main__.py"):
        (project / name).write_bytes((platforms.ROOT / name).read_bytes())
    (project / "compose.yaml").write_text(SERVICES, encoding="utf-8")
    (project / "secret.txt").write_text(PLANTED["from_file"], encoding="utf-8")
    stack: dict[str, Any] = {
        "encryptionsalt": secrets.state,
        "config": {
            "aws:region": "us-east-1",
            "seawall:secrets": {"from_config": {"secure": secrets.encrypt(PLANTED["from_config"])}},
            "seawall:platform": {
                "name": "mini",
                "network": {"zones": 2, "nat": "single"},
                "cluster": {
                    "admins": ["arn:aws:iam::111122223333:role/admin"],
                    "deletionProtection": False,
                },
                "services": {
                    "compose": "compose.yaml",
                    "release": "1",
                    "secrets": {
                        "from_config": {"fromConfig": True},
                        "generated": {"generate": 32},
                    },
                },
                "ingress": {"allowPlainHttp": True},
                "protectData": False,
            },
        },
    }
    (project / "stacks").mkdir()
    with (project / "stacks" / "Pulumi.local.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(stack, file)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    base = tmp_path_factory.mktemp("secrets")
    project = base / "project"
    project.mkdir()
    write_project(project)
    found = Evidence(base / "state")
    with pytest.MonkeyPatch.context() as patch, platforms.own_emulator(found.state_dir):
        patch.chdir(project)
        patch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
        patch.setenv("PLANTED_SECRET", PLANTED["from_environment"])
        patch.setattr(Recorder, "_write", _overheard(found, Recorder._write))
        yield _collect(project, found)


def _overheard(found: Evidence, write: Callable[..., None]) -> Callable[..., None]:
    """The journal's writer; the journal itself is folded into the state at the end of each run."""

    def write_and_keep(recorder: Recorder, line: Mapping[str, Any]) -> None:
        known = found.texts.get("journal", "")
        found.texts["journal"] = known + json.dumps(line) + "\n"
        write(recorder, line)

    return write_and_keep


def _collect(project: Path, found: Evidence) -> Evidence:
    found.run("preview", "sandbox", "preview", "--json")
    found.run("up", "sandbox", "up")
    found.secrets["generated"] = _generated(found.state_dir)
    option = {"from_config": PLANTED["from_option"]}
    change = ("-c", f"seawall:secrets={json.dumps(option)}")
    found.run("changed preview", "sandbox", "preview", *change)
    found.run("changed up", "sandbox", "up", "--json", *change)
    found.run("report", "report")
    found.run("outputs", "sandbox", "outputs")
    with (project / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(FAILING)
    found.run("failing preview", "sandbox", "preview")
    found.run("failing up", "sandbox", "up", "--json")
    running = aws_emulator.status(found.state_dir)
    assert running is not None
    for pid in running.pids:
        for name in ("cmdline", "environ"):
            data = Path(f"/proc/{pid}/{name}").read_bytes()
            found.texts[f"emulator: {name}"] = data.decode("utf-8", errors="replace")
    found.run("destroy", "sandbox", "destroy")
    return found


def _state(state_dir: Path) -> Any:
    return json.loads((state_dir / "seawall" / "local.json").read_text(encoding="utf-8"))


def _generated(state_dir: Path) -> str:
    """The generated value, out of the state with the passphrase."""
    deployment = _state(state_dir)["deployment"]
    (made,) = [each for each in deployment["resources"] if each["type"].endswith("RandomPassword")]
    secrets = PassphraseSecrets(PASSPHRASE, deployment["secrets_providers"]["state"]["salt"])
    value = json.loads(secrets.decrypt(made["outputs"]["result"]["ciphertext"]))
    assert len(value) == 32
    return value


def forms(value: str) -> set[str]:
    """A value as it could stand in a file: as it is, escaped, or encoded."""
    quoted = json.dumps(value)[1:-1]
    data = value.encode()
    # The first bytes of base64 depend on nothing before them only where the value stands alone.
    encoded = base64.b64encode(data).decode().rstrip("=")[:-1]
    return {value, quoted, json.dumps(quoted)[1:-1], encoded, data.hex(), *value.splitlines()}


def test_every_run_did_what_it_should(evidence):
    assert evidence.codes == {
        "preview": 0,
        "up": 0,
        "changed preview": 0,
        "changed up": 0,
        "report": 0,
        "outputs": 0,
        "failing preview": 1,
        "failing up": 1,
        "destroy": 0,
    }


def test_the_evidence_is_complete(evidence):
    """A search that looks nowhere finds nothing."""
    places = "\n".join(evidence.texts)
    for wanted in (
        "preview: stdout",
        "up: stdout",
        "journal",
        "up: seawall/local.json",
        "changed up: seawall/local.json.bak",
        "emulator.log",
        "report: seawall/local.report/report.md",
        "report: seawall/local.report/report.json",
        "emulator: cmdline",
        "emulator: environ",
    ):
        assert wanted in places
    assert "seawall_sandbox.emulator" in evidence.texts["emulator: cmdline"]
    assert "RandomPassword" in evidence.texts["journal"]
    manifests = [name for name in evidence.texts if name.startswith("up: seawall/local.manifests")]
    assert [name for name in manifests if "secret" in name]
    assert "the database refused" in evidence.texts["failing up: stderr"]


def places_of(evidence: Evidence, name: str, *, failing: bool) -> list[str]:
    wanted = forms(evidence.secrets[name])
    return [
        place
        for place, text in evidence.texts.items()
        if place.startswith("failing") == failing and any(form in text for form in wanted)
    ]


@pytest.mark.parametrize("name", [*PLANTED, "generated"])
def test_no_planted_secret_is_found_anywhere(evidence, name):
    assert places_of(evidence, name, failing=False) == []


@pytest.mark.parametrize(
    "name",
    [
        "from_file",
        "from_environment",
        "generated",
        "from_config",
    ],
)
def test_no_planted_secret_is_found_in_a_run_that_fails(evidence, name):
    assert places_of(evidence, name, failing=True) == []


def test_the_passphrase_is_found_nowhere(evidence):
    assert [place for place, text in evidence.texts.items() if PASSPHRASE in text] == []


def test_the_secrets_did_arrive_where_they_belong(evidence):
    """Encrypted in the state as of ``up``: the search would be empty had they got lost."""
    deployment = json.loads(evidence.texts["up: seawall/local.json"])["deployment"]
    secrets = PassphraseSecrets(PASSPHRASE, deployment["secrets_providers"]["state"]["salt"])
    opened = "\n".join(
        secrets.decrypt(text)
        for text in re.findall(
            r'"ciphertext": ?"(v1:[^"]+)"', evidence.texts["up: seawall/local.json"]
        )
    )
    for name in ("from_file", "from_environment", "from_config", "generated"):
        assert any(form in opened for form in forms(evidence.secrets[name])), name
