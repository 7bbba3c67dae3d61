"""The stock CLI with the sandbox's providers as its plugins, when there is one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import programs

PREVIEW = ("pulumi", "preview", "--stack", programs.STACK, "--non-interactive")
_PLUGINS = Path(__file__).resolve().parent.parent / "sandbox" / "bin"


def version() -> str | None:
    """The version of the ``pulumi`` on PATH, or ``None`` when there is none."""
    if shutil.which("pulumi") is None:
        return None
    told = subprocess.run(
        ["pulumi", "version"],  # noqa: S607  # the one on PATH is the one meant
        capture_output=True,
        text=True,
        check=True,
    )
    # One built from source says nothing unless its build put a version in.
    return told.stdout.strip() or "built from source, without a version"


def environment(base: Mapping[str, str], home: Path, endpoint: str) -> dict[str, str]:
    """What the CLI needs to keep to ``home``, to our plugins and to the emulator."""
    states = home / "states"
    states.mkdir(parents=True)
    path = os.pathsep.join([str(_PLUGINS), str(Path(sys.executable).parent), base["PATH"]])
    return {
        **base,
        "PATH": path,
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": states.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "SEAWALL_SANDBOX_ENDPOINT": endpoint,
        "SEAWALL_SANDBOX_RENDER_DIR": str(home / "rendered"),
    }


def make_stack(project: Path, environment: Mapping[str, str]) -> None:
    """Make the stack of ``project``, which a preview needs."""
    subprocess.run(  # noqa: S603  # constants
        ["pulumi", "stack", "init", programs.STACK, "--non-interactive"],  # noqa: S607
        cwd=project,
        env=dict(environment),
        check=True,
        capture_output=True,
    )
