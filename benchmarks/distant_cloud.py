"""``up`` of the project in the working directory, with a cloud that takes its time.

``python distant_cloud.py <state directory> <provider calls at a time> <seconds per create>``. The
emulator computes on this machine, so it cannot show what waiting in parallel gains; a create on
AWS is mostly waiting.
"""

import sys
import time
from pathlib import Path

from seawall_sandbox import emulator
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import SilentDisplay
from seawall_sandbox.protocol import ResourceState
from seawall_sandbox.values import Properties


class _Distant(AwsProvider):
    def __init__(self, endpoint: str, seconds: float) -> None:
        super().__init__(endpoint)
        self._seconds = seconds

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        if not preview:
            time.sleep(self._seconds)
        return super().create(urn, type_, inputs, preview=preview, timeout=timeout)


def main(state: Path, parallel: int, seconds: float) -> int:
    """Bring the stack up in the emulator that runs in ``state``; the exit code."""
    running = emulator.start(state)
    directory = Path.cwd()
    engine = Engine(
        Project(directory, "bench", directory / "__main__.py", {"aws:region": "eu-central-1"}),
        f"distant-{parallel}-{time.time_ns()}",
        Backend(state, "bench", "bench"),
        {"aws": lambda: _Distant(running.endpoint, seconds)},
        SilentDisplay(),
        Options(parallel=parallel),
    )
    return int(engine.up().failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
