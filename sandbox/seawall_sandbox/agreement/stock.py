"""What the stock engine makes of a case: real runs of the ``pulumi`` on PATH."""

import json
import shutil
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML

from seawall_sandbox.agreement import normal, pulumi_cli
from seawall_sandbox.agreement.corpus import PROJECT, STACKS, Case, CaseStep, Corpus, Lab
from seawall_sandbox.agreement.pulumi_cli import PASSPHRASE, PulumiCli
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.secrets import PassphraseSecrets

_SECONDS: Final = 300
"""The longest that one command of the CLI may take."""


class StockEngine:
    """The ``pulumi`` CLI on PATH, and stacks made with it in ``directory`` to begin cases with.

    Raises ``UsageError`` when there is none.
    """

    def __init__(self, corpus: Corpus, directory: Path) -> None:
        self._cli = PulumiCli(directory / "home", seconds=_SECONDS)
        self._corpus = corpus
        self._directory = directory
        self._blank = directory / "blank"
        self._blank.mkdir(parents=True)
        (self._blank / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        (self._blank / "backend").mkdir()
        self.version = self._cli.version(self._blank)
        for stack in STACKS:
            made = self._cli.call(self._blank, "stack", "init", stack)
            if made.returncode:
                raise EngineError(f"`pulumi stack init` failed: {made.stderr.strip()}")

    def record(self, case: Case, lab: Lab) -> dict[str, Any]:
        """Run the case in a directory of its own."""
        directory = self._directory / case.name
        shutil.copytree(self._blank, directory)
        self._configure(case, directory)
        pulumi_cli.write_plugin(
            directory,
            lab.package,
            "-m",
            "seawall_sandbox.agreement.plugin",
            str(self._corpus.provider_path),
            str(directory),
        )
        runs: list[dict[str, Any]] = []
        exports: list[dict[str, Any]] = []
        for step in case.steps:
            lab.drift(directory, step.cloud)
            (directory / "__main__.py").write_text(step.program, encoding="utf-8")
            runs.extend(self._run(verb, step, lab, directory) for verb in step.verbs)
            if step.export:
                exports.append(self._export(step, lab, directory))
        return {
            "case": case.name,
            "engine": self.version,
            "fingerprint": case.fingerprint,
            **({"exports": exports} if exports else {}),
            "runs": runs,
        }

    def _export(self, step: CaseStep, lab: Lab, directory: Path) -> dict[str, Any]:
        ended = self._cli.call(directory, "stack", "export", "--stack", step.stack)
        if ended.returncode:
            raise EngineError(f"`pulumi stack export` failed: {ended.stderr.strip()}")
        cloud = lab.cloud(directory).read_text(encoding="utf-8")
        return {
            "stack": step.stack,
            "program": step.program,
            "cloud": json.loads(cloud),
            "export": json.loads(ended.stdout),
        }

    def _run(self, verb: str, step: CaseStep, lab: Lab, directory: Path) -> dict[str, Any]:
        before = len(lab.calls(directory))
        options = _options(verb, step)
        ended, events = self._cli.run(directory, verb, step.stack, *options, parallel=1)
        run: dict[str, Any] = {
            "run": verb,
            "stack": step.stack,
            "failed": ended.returncode != 0,
            "steps": list(pulumi_cli.steps(events, verb)),
            "calls": lab.calls(directory)[before:],
        }
        if verb in ("preview", "up") and not run["failed"]:
            run["outputs"] = pulumi_cli.outputs(events)
        if verb != "preview":
            deployment = self._cli.deployment(directory, PROJECT, step.stack)
            run["state"] = normal.state(deployment, PASSPHRASE)
            run["pending"] = normal.pending(deployment)
        return run

    def _configure(self, case: Case, directory: Path) -> None:
        yaml = cast("Any", YAML(typ="safe"))
        for stack in STACKS:
            path = directory / f"Pulumi.{stack}.yaml"
            content = yaml.load(path)
            secrets = PassphraseSecrets(PASSPHRASE, content["encryptionsalt"])
            content["config"] = {
                **case.config,
                **{key: {"secure": secrets.encrypt(text)} for key, text in case.secrets.items()},
            }
            with path.open("w", encoding="utf-8") as file:
                yaml.dump(content, file)


def _options(verb: str, step: CaseStep) -> list[str]:
    options: list[str] = []
    if verb in ("preview", "up"):
        options += [f"--replace={urn}" for urn in step.replace]
        options += ["--refresh"] if step.refresh else []
    if step.continue_on_error and verb in ("up", "destroy"):
        options.append("--continue-on-error")
    if step.run_program and verb == "destroy":
        options.append("--run-program")
    return [*options, *(f"--target={urn}" for urn in step.targets)]
