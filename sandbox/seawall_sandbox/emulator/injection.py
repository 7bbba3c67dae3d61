"""Faults from outside: telling a running emulator which AWS calls are to fail."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from seawall_sandbox.emulator import record
from seawall_sandbox.emulator.faults import Kind, Rule
from seawall_sandbox.emulator.process import START_SECONDS, EmulatorError

_ROUTE = "/_seawall/faults"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One AWS call that reached the emulator."""

    service: str
    operation: str
    attempt: int
    """Which attempt of the SDK it was, from 1."""
    invocation: str
    """The same for all attempts of one call."""
    fault: Kind | None
    """How it was made to fail."""


@dataclass(frozen=True, slots=True)
class Injected:
    """What became of the rules."""

    hits: tuple[int, ...]
    """How many calls each rule has hit, in their order."""
    calls: tuple[RecordedCall, ...]
    """The calls since, if they were to be recorded."""


def inject(state_dir: Path, rules: Iterable[Rule] = (), *, recording: bool = False) -> None:
    """Have AWS fail so, in place of any earlier rules. ``recording``: keep a list of all calls.

    Raises ``EmulatorError`` when no emulator runs in ``state_dir``, or a rule makes no sense.
    """
    body = {"rules": [asdict(rule) for rule in rules], "record": recording}
    _ask(state_dir, "POST", json.dumps(body).encode())


def injected(state_dir: Path) -> Injected:
    """What became of the rules so far."""
    told = _ask(state_dir, "GET")
    calls = tuple(
        RecordedCall(
            call["service"],
            call["operation"],
            call["attempt"],
            call["invocation"],
            Kind(call["fault"]) if call["fault"] else None,
        )
        for call in told["calls"]
    )
    return Injected(tuple(rule["hits"] for rule in told["rules"]), calls)


def clear(state_dir: Path) -> None:
    """Have AWS answer as usual again."""
    _ask(state_dir, "DELETE")


def _ask(state_dir: Path, method: str, body: bytes | None = None) -> dict[str, Any]:
    running = record.read(state_dir)
    if running is None:
        raise EmulatorError(
            f"No emulator runs in {state_dir}: start it with `seawall sandbox emulator start`."
        )
    status, content = record.call(running, method, _ROUTE, body, timeout=START_SECONDS)
    if status != HTTPStatus.OK:
        reason = content.decode("utf-8", "replace") or "no answer"
        raise EmulatorError(f"The emulator at {running.endpoint} took no faults: {reason}")
    answer: dict[str, Any] = json.loads(content)
    return answer
