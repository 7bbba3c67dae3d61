"""What the stock engine makes of a case: real runs of the ``pulumi`` on PATH.

The steps come from the CLI's event log (``--event-log``, which the CLI offers when
PULUMI_DEBUG_COMMANDS is set): unlike ``--json``, it has every step, those of default providers and
the parts of a replacement included. The state is read from the CLI's file backend.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML

from seawall_sandbox.agreement import normal
from seawall_sandbox.agreement.corpus import PROJECT, STACKS, Case, CaseStep, Corpus, Lab
from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.secrets import PassphraseSecrets

_PASSPHRASE: Final = "agreement"  # noqa: S105  # of states that live for one case
_SECONDS: Final = 300
"""The longest that one command of the CLI may take."""
_EVENTS: Final = "events.json"


class StockEngine:
    """The ``pulumi`` CLI on PATH, and stacks made with it in ``directory`` to begin cases with.

    Raises ``UsageError`` when there is none.
    """

    def __init__(self, corpus: Corpus, directory: Path) -> None:
        found = shutil.which("pulumi")
        if found is None:
            raise UsageError(
                "There is no pulumi on PATH to record with: install the stock CLI "
                "(https://www.pulumi.com/docs/iac/download-install/), or leave out --record."
            )
        self._pulumi = found
        self._corpus = corpus
        self._directory = directory
        self._blank = directory / "blank"
        self._blank.mkdir(parents=True)
        (self._blank / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        (self._blank / "backend").mkdir()
        self.version = self._call(self._blank, "version").stdout.strip() or "development build"
        for stack in STACKS:
            made = self._call(self._blank, "stack", "init", stack)
            if made.returncode:
                raise EngineError(f"`pulumi stack init` failed: {made.stderr.strip()}")

    def record(self, case: Case, lab: Lab) -> dict[str, Any]:
        """Run the case in a directory of its own."""
        directory = self._directory / case.name
        shutil.copytree(self._blank, directory)
        self._configure(case, directory)
        self._write_plugin(lab, directory)
        runs: list[dict[str, Any]] = []
        for step in case.steps:
            lab.drift(directory, step.cloud)
            (directory / "__main__.py").write_text(step.program, encoding="utf-8")
            runs.extend(self._run(verb, step, lab, directory) for verb in step.verbs)
        return {
            "case": case.name,
            "engine": self.version,
            "fingerprint": case.fingerprint,
            "runs": runs,
        }

    def _run(self, verb: str, step: CaseStep, lab: Lab, directory: Path) -> dict[str, Any]:
        (directory / _EVENTS).unlink(missing_ok=True)
        before = len(lab.calls(directory))
        ended = self._call(directory, *_arguments(verb, step))
        events = _events(directory / _EVENTS)
        run: dict[str, Any] = {
            "run": verb,
            "stack": step.stack,
            "failed": ended.returncode != 0,
            "steps": list(_steps(events, verb)),
            "calls": lab.calls(directory)[before:],
        }
        if verb in ("preview", "up") and not run["failed"]:
            run["outputs"] = _outputs(events)
        if verb != "preview":
            deployment = self._deployment(step.stack, directory)
            run["state"] = normal.state(deployment, _PASSPHRASE)
            run["pending"] = normal.pending(deployment)
        return run

    def _call(self, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        place = str(directory)
        environment = {
            **os.environ,
            "PATH": os.pathsep.join(
                [f"{place}/bin", str(Path(sys.executable).parent), os.environ.get("PATH", "")]
            ),
            "PULUMI_BACKEND_URL": f"file://{place}/backend",
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_HOME": str(self._directory / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return subprocess.run(  # noqa: S603  # the CLI that the user put on PATH
            [self._pulumi, *arguments, "--non-interactive", "--color", "never"],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def _configure(self, case: Case, directory: Path) -> None:
        yaml = cast("Any", YAML(typ="safe"))
        for stack in STACKS:
            path = directory / f"Pulumi.{stack}.yaml"
            content = yaml.load(path)
            secrets = PassphraseSecrets(_PASSPHRASE, content["encryptionsalt"])
            content["config"] = {
                **case.config,
                **{key: {"secure": secrets.encrypt(text)} for key, text in case.secrets.items()},
            }
            with path.open("w", encoding="utf-8") as file:
                yaml.dump(content, file)

    def _write_plugin(self, lab: Lab, directory: Path) -> None:
        path = directory / "bin" / f"pulumi-resource-{lab.package}"
        path.parent.mkdir()
        words = [sys.executable, "-P", "-m", "seawall_sandbox.agreement.plugin"]
        words += [str(self._corpus.provider_path), str(directory)]
        path.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
        path.chmod(0o755)

    @staticmethod
    def _deployment(stack: str, directory: Path) -> dict[str, Any]:
        path = directory / "backend" / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        return content.get("checkpoint", {}).get("latest") or {}


def _arguments(verb: str, step: CaseStep) -> list[str]:
    arguments = [verb, "--stack", step.stack, "--parallel", "1", "--event-log", _EVENTS]
    if verb != "preview":
        arguments.append("--yes")
    if verb in ("up", "refresh"):
        # A case has a preview of its own before each up. A destroy keeps its: it refuses there.
        arguments.append("--skip-preview")
    if verb in ("preview", "up"):
        arguments.append("--skip-plugin-pre-install")
        arguments += [f"--replace={urn}" for urn in step.replace]
        arguments += ["--refresh"] if step.refresh else []
    if step.continue_on_error and verb in ("up", "destroy"):
        arguments.append("--continue-on-error")
    return [*arguments, *(f"--target={urn}" for urn in step.targets)]


def _events(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _steps(events: list[dict[str, Any]], verb: str) -> Iterator[dict[str, Any]]:
    kind = "resOutputsEvent" if verb == "refresh" else "resourcePreEvent"
    for event in events:
        metadata = event.get(kind, {}).get("metadata")
        if metadata is None or urns.is_default_provider(metadata["urn"]):
            continue
        op = _refreshed(metadata) if verb == "refresh" else metadata["op"]
        yield normal.step(
            op, metadata["urn"], metadata.get("keys") or (), metadata.get("diffs") or ()
        )


def _refreshed(metadata: Mapping[str, Any]) -> str:
    """What came of a refresh: the log has one operation for all outcomes."""
    old, new = metadata.get("old"), metadata.get("new")
    if metadata["op"] != "refresh" or old is None:
        return metadata["op"]
    if new is None:
        return "delete"
    return "update" if metadata.get("detailedDiff") or metadata.get("diffs") else "same"


def _outputs(events: list[dict[str, Any]]) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for event in events:
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("type") == urns.STACK_TYPE and metadata.get("new"):
            outputs = metadata["new"].get("outputs") or {}
    return normal.shown(outputs)
