"""A corpus on disk: its cases, its provider and its recordings."""

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.protocol import Provider
from seawall_sandbox.values import Properties

PROJECT: Final = "lab"
FIRST_STACK: Final = "dev"
STACKS: Final = (FIRST_STACK, "other")
VERBS: Final = ("up", "preview", "refresh", "destroy")
_CASE_KEYS: Final = frozenset({"about", "config", "differs", "secrets", "steps"})
_TOLD: Final = frozenset({"about", "differs"})
_STEP_KEYS: Final = frozenset(
    {
        "run",
        "stack",
        "program",
        "cloud",
        "targets",
        "replace",
        "refresh",
        "continue",
        "run-program",
        "export",
    }
)


@dataclass(frozen=True, slots=True)
class Lab:
    """The provider of a corpus, as its ``provider.py`` defines it."""

    package: str
    version: str
    make: Callable[[Path], Provider]
    """Makes a provider over the cloud in a directory."""
    drift: Callable[[Path, Mapping[str, Properties | None]], None]
    """Changes things in that cloud behind the engine's back."""
    calls: Callable[[Path], list[str]]
    """What the providers over that cloud were asked for, in order."""
    cloud: Callable[[Path], Path]
    """The file that holds that cloud."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One thing to do with a stack. ``program`` is whole, with the prelude."""

    run: str
    stack: str
    program: str
    cloud: Mapping[str, Properties | None]
    targets: tuple[str, ...]
    replace: tuple[str, ...]
    refresh: bool
    continue_on_error: bool
    run_program: bool
    """In a destroy."""
    export: bool
    """Record also what the CLI exports afterwards, and what is in the cloud then."""

    @property
    def verbs(self) -> tuple[str, ...]:
        """What is run: a preview before each up."""
        return ("preview", "up") if self.run == "up" else (self.run,)


@dataclass(frozen=True, slots=True)
class Case:
    """A behaviour of the engine, and the programs that show it."""

    name: str
    about: str
    config: Mapping[str, str]
    secrets: Mapping[str, str]
    steps: tuple[CaseStep, ...]
    differs: tuple[str, ...]
    """Patterns of the differences that are meant; the case says why."""
    fingerprint: str
    """Changes when what is done does: the recording is then of something else."""


class Corpus:
    """The corpus in ``directory``. Raises ``UsageError`` for what is missing or wrong in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.provider_path = self.directory / "provider.py"
        if not self.provider_path.is_file() or not (self.directory / "cases").is_dir():
            raise UsageError(
                f"{directory} holds no agreement corpus: it must have provider.py, prelude.py and "
                "cases/. Run the command in a checkout of Seawall, or name one with --corpus."
            )
        self._prelude = (self.directory / "prelude.py").read_text(encoding="utf-8")

    def names(self) -> tuple[str, ...]:
        """The names of the cases, sorted."""
        return tuple(sorted(path.stem for path in (self.directory / "cases").glob("*.yaml")))

    def lab(self) -> Lab:
        """The corpus's provider."""
        return load_lab(self.provider_path)

    def case(self, name: str) -> Case:
        """Read a case."""
        path = self.directory / "cases" / f"{name}.yaml"
        try:
            content = cast("Any", YAML(typ="safe")).load(path.read_text(encoding="utf-8"))
        except (OSError, YAMLError) as error:
            raise UsageError(f"The case {path} cannot be read: {error}") from error
        _only(content, _CASE_KEYS, path)
        programs: dict[str, str] = {}
        steps: list[CaseStep] = []
        for fields in content["steps"]:
            _only(fields, _STEP_KEYS, path)
            step = self._step(fields, programs, path)
            steps.append(step)
        last = {step.stack: step for step in steps}
        # What a case leaves is taken down in the end, in the reverse order of its stacks.
        steps.extend(
            self._step({"run": "destroy", "stack": stack}, programs, path)
            for stack in reversed(dict.fromkeys(step.stack for step in steps))
            if last[stack].run != "destroy"
        )
        done = {key: value for key, value in content.items() if key not in _TOLD}
        return Case(
            name=name,
            about=str(content["about"]),
            config=dict(content.get("config") or {}),
            secrets=dict(content.get("secrets") or {}),
            steps=tuple(steps),
            differs=tuple(str(entry["where"]) for entry in content.get("differs") or ()),
            fingerprint=hashlib.sha256(json.dumps(done).encode()).hexdigest()[:16],
        )

    def recording_path(self, name: str) -> Path:
        """Where the recording of a case is."""
        return self.directory / "recordings" / f"{name}.json"

    def recording(self, name: str) -> dict[str, Any]:
        """What the stock engine made of a case."""
        path = self.recording_path(name)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"The case {name} has no recording in {path}: make it with `seawall sandbox agree "
                f"--record {name}`, with the stock pulumi CLI on PATH."
            ) from error

    def _step(self, fields: Mapping[str, Any], programs: dict[str, str], path: Path) -> CaseStep:
        stack = str(fields.get("stack", FIRST_STACK))
        run = str(fields.get("run", "up"))
        if run not in VERBS or stack not in STACKS:
            raise UsageError(
                f"{path}: {run} of {stack} is not one of {', '.join(VERBS)} of {', '.join(STACKS)}."
            )
        if "program" in fields:
            programs[stack] = f"{self._prelude}\n\n{fields['program']}"
        return CaseStep(
            run=run,
            stack=stack,
            program=programs[stack],
            cloud=fields.get("cloud") or {},
            targets=tuple(fields.get("targets") or ()),
            replace=tuple(fields.get("replace") or ()),
            refresh=bool(fields.get("refresh")),
            continue_on_error=bool(fields.get("continue")),
            run_program=bool(fields.get("run-program")),
            export=bool(fields.get("export")),
        )


def write_recording(path: Path, recording: Mapping[str, Any]) -> None:
    """Write a recording so that a change shows line by line."""
    text = json.dumps(recording, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def load_lab(path: Path) -> Lab:
    """The provider that the module at ``path`` defines."""
    name = "seawall_agreement_provider"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found = cast("Any", module)
    return Lab(found.PACKAGE, found.VERSION, found.make, found.drift, found.calls, found.cloud)


def _only(fields: Mapping[str, Any], allowed: frozenset[str], path: Path) -> None:
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise UsageError(f"{path}: {', '.join(unknown)}: not one of {', '.join(sorted(allowed))}.")
