"""What our own engine makes of a case."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from seawall_sandbox.agreement import normal
from seawall_sandbox.agreement.corpus import PROJECT, Case, CaseStep, Lab
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import RunResult, SilentDisplay

_PASSPHRASE = "agreement"  # noqa: S105  # of states that live for one case


@cache
def _salt() -> str:
    # To derive a key takes a third of a second: one serves all cases.
    return PassphraseSecrets(_PASSPHRASE).state


def record(case: Case, lab: Lab, directory: Path) -> dict[str, Any]:
    """Run the case in an empty directory, in this process."""
    backend = Backend(directory / "state", PROJECT, _PASSPHRASE, encryption_salt=_salt())
    runs: list[dict[str, Any]] = []
    for step in case.steps:
        lab.drift(directory, step.cloud)
        (directory / "__main__.py").write_text(step.program, encoding="utf-8")
        runs.extend(
            _run(verb, step, case=case, lab=lab, directory=directory, backend=backend)
            for verb in step.verbs
        )
    return {"case": case.name, "fingerprint": case.fingerprint, "runs": runs}


def _run(
    verb: str, step: CaseStep, *, case: Case, lab: Lab, directory: Path, backend: Backend
) -> dict[str, Any]:
    engine = Engine(
        Project(
            directory=directory,
            name=PROJECT,
            main=directory / "__main__.py",
            config={**case.config, **case.secrets},
            secret_keys=frozenset(case.secrets),
        ),
        step.stack,
        backend,
        {lab.package: lambda: lab.make(directory)},
        SilentDisplay(),
        Options(
            parallel=1,
            targets=step.targets,
            replace=step.replace,
            refresh=step.refresh,
            continue_on_error=step.continue_on_error,
            run_program=step.run_program,
        ),
    )
    before = len(lab.calls(directory))
    try:
        result: RunResult = getattr(engine, verb)()
    except UsageError:
        result = RunResult((), {}, 0.0, failed=True)
    steps = [normal.step(s.op.value, s.urn, s.replace_reasons, s.changed) for s in result.steps]
    run: dict[str, Any] = {
        "run": verb,
        "stack": step.stack,
        "failed": result.failed,
        "steps": steps,
        "calls": lab.calls(directory)[before:],
    }
    if verb in ("preview", "up") and not result.failed:
        run["outputs"] = normal.shown(result.outputs)
    if verb != "preview":
        path = backend.path(step.stack)
        text = path.read_text(encoding="utf-8") if path.exists() else "{}"
        content: dict[str, Any] = json.loads(text)
        deployment: dict[str, Any] = content.get("deployment") or {}
        run["state"] = normal.state(deployment, _PASSPHRASE)
        run["pending"] = normal.pending(deployment)
    return run
