"""Runs of the engine in processes of their own, killed wherever a test wants."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.httpsession import URLLib3Session
from platforms import ROOT, changes
from snapshots import CONTEXT

from seawall_sandbox.aws.recorded import Store
from seawall_sandbox.engine import journal, providers
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ResourceState
from seawall_sandbox.session import Session

_SECONDS = 300.0
_MOVES = frozenset({"os.rename", "os.link", "os.remove"})


@dataclass(frozen=True)
class Result:
    """How a run ended: killed, or with what it said."""

    killed: bool
    points: list[str]
    """The points at which it could have been killed, in order, each with what had just happened."""
    failed: bool = False
    changes: list[list[str]] | None = None
    messages: list[str] | None = None
    errors: list[str] | None = None
    """Those of the messages that are errors."""
    recorded_only: int = 0


def run(
    verb: str,
    directory: Path,
    platform: Mapping[str, Any] | None = None,
    *,
    kill_at: int | str | None = None,
    parallel: int = 10,
    blind: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run ``verb`` of the stack local in a process of its own.

    ``kill_at``: the process sends itself SIGKILL at this point of ``Result.points``, by its number
    or by its text. ``blind``: the engine is not told what an interrupted create has left.
    ``environment``: variables of the run.
    """
    report = directory.with_suffix(".report")
    points = _Points(kill_at, report, directory)
    points.blind = blind
    process = CONTEXT.Process(
        target=_run,
        args=(verb, directory, platform, parallel, points, dict(environment or {})),
    )
    process.start()
    process.join(_SECONDS)
    assert process.exitcode is not None, f"{verb} did not end in {_SECONDS:g} s"
    killed = process.exitcode == -signal.SIGKILL
    assert killed or process.exitcode == 0, f"{verb} ended with {process.exitcode}"
    found = Result(**json.loads(report.read_text()))
    report.unlink()
    assert found.killed == killed
    return found


class _Points:
    """Counts the points of a run, and kills it at the one it is told."""

    def __init__(self, kill_at: int | str | None, report: Path, state_dir: Path) -> None:
        self.passed: list[str] = []
        self.blind = False
        self._kill_at = kill_at
        self.report = report
        self._state_dir = str(state_dir)

    def reach(self, name: str) -> None:
        with self._lock:
            self.passed.append(name)
            if self._kill_at in (len(self.passed) - 1, name):
                self.report.write_text(json.dumps(asdict(Result(killed=True, points=self.passed))))
                os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Have a point after each provider call, between the requests to AWS that one makes, and
        after each write of state."""
        self._lock = threading.Lock()
        self._thread = threading.local()
        for name in ("create", "update", "delete", "read", "find"):
            self._after(providers.Instance, name, lambda a, n=name: f"call {n} {_of(a[1])}")
        self._after(journal.Recorder, "_write", lambda a: f"write {_line(a[1])}", torn=True)
        self._between(URLLib3Session, "send", lambda a: _action(a[1]))
        self._between(Store, "_call", lambda a: f"{a[1]} {a[2]}")
        sys.addaudithook(self._heard)

    def _after(
        self, owner: type, name: str, told: Callable[[Any], str], *, torn: bool = False
    ) -> None:
        original = getattr(owner, name)

        def wrapped(*args: Any, **keywords: Any) -> Any:
            if torn:
                self._tear(args)
            self._thread.asked = ""
            outcome = original(*args, **keywords)
            if not keywords.get("preview"):
                self.reach(told(args))
            return outcome

        setattr(owner, name, wrapped)

    def _between(self, owner: type, name: str, told: Callable[[Any], str]) -> None:
        original = getattr(owner, name)

        def wrapped(*args: Any, **keywords: Any) -> Any:
            before = getattr(self._thread, "asked", "")
            if before:
                self.reach(f"between {before} and {told(args)}")
            self._thread.asked = told(args)
            return original(*args, **keywords)

        setattr(owner, name, wrapped)

    def _tear(self, args: Any) -> None:
        """A point in the middle of writing a line: half of it is on disk when it is the one."""
        recorder, content = args
        if recorder._file is None:
            return
        if len(self.passed) == self._kill_at:
            text = json.dumps(content, separators=(",", ":"))
            os.write(recorder._file, text[: len(text) // 2].encode())
        self.reach(f"half of {_line(content)}")

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        # Told before it happens, so it is a point after all that went before.
        if event in _MOVES and str(args[0]).startswith(self._state_dir):
            self.reach(f"before {event} of {Path(str(args[0])).name}")


def _of(state: Any) -> str:
    return state.urn.rpartition("::")[2]


def _line(content: Mapping[str, Any]) -> str:
    resource = content.get("resource")
    what = "begin" if "type" in content else "end" if "op" in content else "put"
    return f"{what} {resource['urn'].rpartition('::')[2]}" if resource else f"{what} {content}"


def _action(request: Any) -> str:
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    for part in text.split("&"):
        if part.startswith("Action="):
            return part.removeprefix("Action=")
    target = request.headers.get("X-Amz-Target", b"")
    return target.decode() if target else f"{request.method} {request.url.split('/', 3)[3]}"


def _run(  # noqa: PLR0917  # what a process is started with
    verb: str,
    directory: Path,
    platform: Mapping[str, Any] | None,
    parallel: int,
    points: "_Points",
    environment: dict[str, str],
) -> None:
    os.environ.update(environment)
    config = {"seawall:platform": json.dumps(platform)} if platform is not None else {}
    session = Session(ROOT, "local", state_dir=directory, config=config, parallel=parallel)
    points.install()
    if points.blind:
        providers.Instance.find = lambda *_: ResourceState("", {})
    result = getattr(session, verb)()
    told = Result(
        killed=False,
        points=points.passed,
        failed=result.failed,
        changes=[list(change) for change in changes(result)],
        messages=[item.message for item in result.diagnostics],
        errors=[m.message for m in result.diagnostics if m.severity is Severity.ERROR],
        recorded_only=len(result.recorded_only),
    )
    points.report.write_text(json.dumps(asdict(told)))
