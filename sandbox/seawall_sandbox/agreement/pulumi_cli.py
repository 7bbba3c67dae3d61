"""The stock ``pulumi`` on PATH: how it is called, and what it tells of a run.

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
from typing import Any, Final

from seawall_sandbox.agreement import normal
from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import UsageError

PASSPHRASE: Final = "agreement"  # noqa: S105  # of states that live for one comparison
_EVENTS: Final = "events.json"
_NO_VARIABLES: Final[Mapping[str, str]] = {}


class PulumiCli:
    """Calls of the stock CLI, with its own home in ``home``; each may take ``seconds``.

    ``variables``: what calls find in their environment besides the caller's. Plugins are found in
    ``bin`` of the directory of a call first. Raises ``UsageError`` when there is no CLI.
    """

    def __init__(
        self,
        home: Path,
        *,
        seconds: float,
        variables: Mapping[str, str] = _NO_VARIABLES,
    ) -> None:
        found = shutil.which("pulumi")
        if found is None:
            raise UsageError(
                "There is no pulumi on PATH to record with: install the stock CLI "
                "(https://www.pulumi.com/docs/iac/download-install/), or leave out --record."
            )
        self._pulumi = found
        self._home = home
        self._seconds = seconds
        self._variables = variables

    def version(self, directory: Path) -> str:
        """What the CLI calls itself."""
        return self.call(directory, "version").stdout.strip() or "development build"

    def call(self, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call the CLI in a directory."""
        place = str(directory)
        environment = {
            **os.environ,
            "PATH": os.pathsep.join(
                [f"{place}/bin", str(Path(sys.executable).parent), os.environ.get("PATH", "")]
            ),
            "PULUMI_BACKEND_URL": f"file://{place}/backend",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_HOME": str(self._home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **self._variables,
        }
        return subprocess.run(  # noqa: S603  # the CLI that the user put on PATH
            [self._pulumi, *arguments, "--non-interactive", "--color", "never"],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=self._seconds,
        )

    def run(
        self, directory: Path, verb: str, stack: str, *options: str, parallel: int
    ) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
        """Preview, up, refresh or destroy, and the events of it."""
        log = directory / _EVENTS
        log.unlink(missing_ok=True)
        arguments = [verb, "--stack", stack, "--parallel", str(parallel), "--event-log", _EVENTS]
        if verb != "preview":
            arguments.append("--yes")
        if verb in ("up", "refresh"):
            # A preview comes before. A destroy keeps its own: it refuses there.
            arguments.append("--skip-preview")
        if verb in ("preview", "up"):
            arguments.append("--skip-plugin-pre-install")
        ended = self.call(directory, *arguments, *options)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return ended, [json.loads(line) for line in lines]

    @staticmethod
    def deployment(directory: Path, project: str, stack: str) -> dict[str, Any]:
        """The stack as the file backend has it."""
        path = directory / "backend" / ".pulumi" / "stacks" / project / f"{stack}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        return content.get("checkpoint", {}).get("latest") or {}


def write_plugin(directory: Path, package: str, *arguments: str) -> None:
    """Have calls in ``directory`` find the package's plugin: our Python with these arguments."""
    path = directory / "bin" / f"pulumi-resource-{package}"
    path.parent.mkdir(exist_ok=True)
    words = [sys.executable, "-P", *arguments]
    path.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
    path.chmod(0o755)


def steps(events: list[dict[str, Any]], verb: str) -> Iterator[dict[str, Any]]:
    """The steps of a run, without default providers."""
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


def outputs(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The stack's outputs at the end of a run."""
    found: dict[str, Any] = {}
    for event in events:
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("type") == urns.STACK_TYPE and metadata.get("new"):
            found = metadata["new"].get("outputs") or {}
    return normal.shown(found)
