"""A policy pack as a process of its own, as the stock CLI runs it.

A pack is a directory with PulumiPolicy.yaml and a program that serves Pulumi's ``Analyzer``
(sdk/proto/pulumi/analyzer.proto of pulumi/pulumi) and writes its port on the first line of its
output. ``pulumi.policy``, which the SDK brings, runs the program; RunPlugin in
sdk/python/cmd/pulumi-language-python/main.go of pulumi/pulumi says with what around it.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml

from seawall_sandbox.engine.errors import EngineError, UnsupportedError, UsageError

_SECONDS: Final = 60.0
"""How long a pack may take to serve: imports of large SDKs take some seconds."""
_END_SECONDS: Final = 5.0
_HOST: Final = """
import os, runpy, sys, threading, time
def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)
threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
sys.argv[0] = "pulumi.policy"
sys.path[0] = sys.argv[2]
runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=False)
"""
"""Runs a pack, and ends it when the engine is gone: a pack by itself would stay for ever."""


class PackProcess:
    """A running pack. ``port``: where it serves, on loopback. ``version``: as its file says."""

    def __init__(
        self, directory: Path, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self.directory = directory.resolve()
        project = _project(self.directory)
        self.version = str(project.get("version") or "")
        self._say = say
        self._errors: list[str] = []
        # A Ctrl-C is the engine's to answer, so the pack has a session of its own.
        self._process = subprocess.Popen(  # noqa: S603  # the user's own pack
            [
                _interpreter(self.directory, project),
                "-u",
                "-c",
                _HOST,
                "127.0.0.1:0",  # the engine's address: a pack in Python has no use for it
                str(self.directory),
            ],
            cwd=self.directory,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read_errors, daemon=True),
            threading.Thread(target=self._read_output, daemon=True),
        ]
        self._port: int | None = None
        self._ready = threading.Event()
        for reader in self._readers:
            reader.start()

    @property
    def port(self) -> int:
        """The pack's port; waits for it. Raises ``EngineError`` when the pack does not come up."""
        if not self._ready.wait(_SECONDS):
            self.close()
            raise EngineError(
                f"The policy pack {self.directory} did not serve within {_SECONDS:.0f} seconds: "
                "its __main__.py must construct a PolicyPack."
            )
        if self._port is None:
            self.close()
            text = "\n".join(self._errors).strip()
            cure = (
                " Install the pack's requirements into the environment that it runs in."
                if "ModuleNotFoundError" in text
                else ""
            )
            raise EngineError(f"The policy pack {self.directory} failed to start.{cure}\n{text}")
        return self._port

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(_END_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read_output(self) -> None:
        for line in self._process.stdout or ():
            if self._port is None and line.strip().isdecimal():
                self._port = int(line)
                self._ready.set()
            else:
                self._say(line.rstrip("\n"))
        # What it had to say about its end must be there before anybody is told of it.
        self._readers[0].join(_END_SECONDS)
        self._ready.set()

    def _read_errors(self) -> None:
        for line in self._process.stderr or ():
            if self._port is None:
                self._errors.append(line.rstrip("\n"))
            else:
                self._say(line.rstrip("\n"))


def environment_of(
    project: str, stack: str, organization: str, config: Mapping[str, str], *, dry_run: bool
) -> dict[str, str]:
    """What a pack in Python reads of the stack."""
    return {
        "PULUMI_PROJECT": project,
        "PULUMI_STACK": stack,
        "PULUMI_ORGANIZATION": organization,
        "PULUMI_DRY_RUN": str(dry_run).lower(),
        "PULUMI_CONFIG": json.dumps(dict(config)),
    }


def _project(directory: Path) -> dict[str, Any]:
    path = directory / "PulumiPolicy.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{directory} is no policy pack: {path.name} cannot be read ({error.strerror}). Name "
            "the directory of a pack. Nothing was touched."
        ) from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no valid YAML: {error}") from error
    project = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    runtime: Any = project.get("runtime")
    name: Any = (
        cast("dict[str, Any]", runtime).get("name") if isinstance(runtime, dict) else runtime
    )
    if name != "python":
        raise UnsupportedError(
            f"The policy pack {directory} has the runtime {name!r}; the embedded engine runs packs "
            "in Python alone. Use the stock pulumi CLI for it."
        )
    return project


def _interpreter(directory: Path, project: Mapping[str, Any]) -> str:
    runtime = project["runtime"]
    options: Any = (
        cast("dict[str, Any]", runtime).get("options") if isinstance(runtime, dict) else {}
    )
    virtualenv = cast("dict[str, Any]", options or {}).get("virtualenv")
    if not virtualenv:
        return sys.executable
    python = directory / str(virtualenv) / "bin" / "python"
    if not python.exists():
        raise UsageError(
            f"The policy pack {directory} names the virtual environment {virtualenv}, which has no "
            f"{python.relative_to(directory)}: create it and install the pack's requirements."
        )
    return str(python)
