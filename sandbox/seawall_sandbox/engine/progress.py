"""What a run tells the user, and whether it goes on."""

import threading
from collections.abc import Iterable

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.events import Diagnostic, Display, Op, Severity, StepInfo
from seawall_sandbox.protocol import ProviderError


class Stopped(Exception):  # noqa: N818  # not an error: the user or an earlier failure asked for it
    """No new step may start."""


class Progress:
    """Collects steps and messages, hands them to the display, and can be stopped. Thread safe."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._secrets: set[str] = set()
        self.steps: list[StepInfo] = []
        self.diagnostics: list[Diagnostic] = []
        self.failed = False

    def stop(self) -> None:
        """Let running steps finish and start no other."""
        self._stop.set()

    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stop.is_set()

    def check_running(self) -> None:
        """Raise ``Stopped`` after ``stop``."""
        if self._stop.is_set():
            raise Stopped

    def say(self, severity: Severity, message: str, urn: str = "") -> None:
        """Show a message; an error makes the run a failed one."""
        diagnostic = Diagnostic(severity, self._redacted(message), urn)
        with self._lock:
            if severity is Severity.ERROR:
                self.failed = True
            if severity is not Severity.DEBUG:
                self.diagnostics.append(diagnostic)
        self._display.diagnostic(diagnostic)

    def hide(self, texts: Iterable[str]) -> None:
        """Take these texts out of all messages to come."""
        with self._lock:
            self._secrets.update(texts)

    def _redacted(self, message: str) -> str:
        with self._lock:
            secrets = sorted(self._secrets, key=len, reverse=True)
        for text in secrets:
            message = message.replace(text, "[secret]")
        return message

    def begin(self, info: StepInfo) -> None:
        """Tell that a step begins.

        Default providers come and go by themselves: as in the stock engine, they are no steps.
        """
        if _is_internal(info):
            return
        with self._lock:
            self.steps.append(info)
        self._display.step_started(info)

    def end(self, info: StepInfo, seconds: float, error: str | None = None) -> None:
        """Tell that a step ended, and why it failed."""
        if error is None and _is_internal(info):
            return
        message = None if error is None else self._redacted(error)
        self._display.step_done(info, seconds=seconds, error=message)


def _is_internal(info: StepInfo) -> bool:
    return info.op is Op.REMOVE_PENDING_REPLACE or urns.is_default_provider(info.urn)


def explain(error: BaseException) -> str:
    """An error as a message to the user."""
    if isinstance(error, (ProviderError, EngineError)):
        return error.message
    return f"The provider failed unexpectedly with {type(error).__name__}: {error}"
