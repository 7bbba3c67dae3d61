"""Faults on purpose: which calls AWS is to fail, and how.

    POST   /_seawall/faults   {"rules": [...], "record": false} in place of all earlier ones
    GET    /_seawall/faults   the rules with their hits, and the calls since, if they are recorded
    DELETE /_seawall/faults   AWS answers as usual again

POST and DELETE need the header X-Seawall-Instance. docs/sandbox.md describes the rules for users.
"""

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Final

from seawall_sandbox.emulator.calls import Call
from seawall_sandbox.emulator.fresh import Fresh

_MOST_CALLS: Final = 20_000
"""Recorded calls that are kept, the newest."""


class Kind(StrEnum):
    """What happens to a call."""

    THROTTLE = "throttle"
    """Refused, because there were too many."""
    SERVER_ERROR = "server-error"
    """Status 500."""
    TIME_OUT = "time-out"
    """No answer until the client gives up."""
    RESET = "reset"
    """The connection breaks."""
    ACCESS_DENIED = "access-denied"
    """Refused, because the caller may not."""
    NOT_FOUND = "not-found"
    """What a call has made is not seen yet by calls that name it."""
    ERROR = "error"
    """Refused with a code, a message and a status of one's own."""


class Per(StrEnum):
    """What ``nth`` and ``count`` of a rule count."""

    RULE = "rule"
    """All calls that match."""
    CALL = "call"
    """The attempts at one call: those of the SDK, and of a change also those of who asks for the
    same again."""
    REQUEST = "request"
    """Calls for the very same thing."""


_LOSES_ANSWERS: Final = frozenset({Kind.SERVER_ERROR, Kind.TIME_OUT, Kind.RESET})


@dataclass(frozen=True, slots=True)
class Rule:
    """Which calls fail, and how. The first rule that hits a call decides."""

    kind: Kind
    service: str = "*"
    """boto3's name of the service, or a pattern."""
    operation: str = "*"
    """The operation as AWS documents it, or a pattern such as ``Describe*``."""
    nth: int = 1
    """The first matching call that fails."""
    count: int = 1
    """How many fail from there on; 0: all."""
    per: Per = Per.RULE
    effect: bool = False
    """The call takes effect, and only its answer is lost."""
    code: str = ""
    message: str = ""
    status: int = 400

    def matches(self, call: Call) -> bool:
        """Whether service and operation are meant."""
        services = (call.service, call.signed)
        return fnmatchcase(call.operation, self.operation) and any(
            fnmatchcase(name, self.service) for name in services
        )


class Faults:
    """The rules of the moment, and what they have hit. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set((), record=False)

    def _set(self, rules: tuple[Rule, ...], *, record: bool) -> None:
        self._rules = rules
        self._record = record
        self._seen: Counter[tuple[int, str]] = Counter()
        self._hits: Counter[int] = Counter()
        self._calls: deque[dict[str, Any]] = deque(maxlen=_MOST_CALLS)
        self._fresh = Fresh()
        self.active = record or bool(rules)
        """Whether requests need to be looked at."""

    def answer(self, method: str, body: bytes) -> tuple[HTTPStatus, Any]:
        """Answer a request for the faults themselves."""
        if method == "GET":
            return HTTPStatus.OK, self._told()
        if method == "DELETE":
            with self._lock:
                self._set((), record=False)
            return HTTPStatus.OK, {}
        if method != "POST":
            message = f"{method} is not possible here."
            return HTTPStatus.METHOD_NOT_ALLOWED, {"message": message}
        try:
            rules, record = parse(body)
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, {"message": str(error)}
        with self._lock:
            self._set(rules, record=record)
        return HTTPStatus.OK, {}

    def strike(self, call: Call) -> Rule | None:
        """The rule that this call falls under, if any; it counts as a hit."""
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.matches(call) and self._hit(index, rule, call):
                    self._hits[index] += 1
                    self._note(call, rule)
                    return rule
            self._note(call, None)
            return None

    def unseen(self, call: Call) -> tuple[str, bool]:
        """The text in a call that is not seen yet, and whether the call only searches for it."""
        with self._lock:
            return self._fresh.named_by(call)

    def made(self, call: Call, answer: bytes) -> None:
        """Note what a call has made."""
        if call.query:
            return
        with self._lock:
            self._fresh.add(call, answer)

    def _hit(self, index: int, rule: Rule, call: Call) -> bool:
        if rule.kind is Kind.NOT_FOUND:
            # Each object is unseen by that many calls.
            scope, _ = self._fresh.named_by(call)
            if not scope:
                return False
        else:
            attempted = call.invocation if call.query else call.fingerprint
            scopes = {Per.RULE: "", Per.CALL: attempted, Per.REQUEST: call.fingerprint}
            scope = scopes[rule.per]
        self._seen[index, scope] += 1
        number = self._seen[index, scope]
        return number >= rule.nth and (not rule.count or number < rule.nth + rule.count)

    def _note(self, call: Call, rule: Rule | None) -> None:
        if self._record:
            self._calls.append(
                {
                    "service": call.service,
                    "operation": call.operation,
                    "attempt": call.attempt,
                    "invocation": call.invocation,
                    "fault": rule.kind if rule else None,
                }
            )

    def _told(self) -> dict[str, Any]:
        with self._lock:
            rules = [
                {**asdict(rule), "hits": self._hits[index]}
                for index, rule in enumerate(self._rules)
            ]
            return {"rules": rules, "calls": list(self._calls)}


def parse(body: bytes) -> tuple[tuple[Rule, ...], bool]:
    """The rules in a request, and whether to record calls. Raises ``ValueError``."""
    try:
        content: dict[str, Any] = json.loads(body)
        given: list[dict[str, Any]] = list(content.get("rules", []))
        return tuple(parse_rule(dict(rule)) for rule in given), bool(content.get("record"))
    except (AttributeError, TypeError) as error:
        raise ValueError('The body must be {"rules": [...]}, each rule an object.') from error


def parse_rule(given: Mapping[str, Any]) -> Rule:
    """One rule from its JSON. Raises ``ValueError`` that says what is wrong with it."""
    known = {field.name for field in fields(Rule)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ValueError(f"A fault has no {unknown[0]!r}. It has: {', '.join(sorted(known))}.")
    try:
        kind = Kind(given.get("kind", ""))
        per = Per(given.get("per", Per.RULE))
    except ValueError as error:
        kinds, pers = ", ".join(Kind), ", ".join(Per)
        raise ValueError(f"{error}. Kinds are {kinds}; 'per' is one of {pers}.") from error
    values: dict[str, Any] = {**given, "kind": kind, "per": per}
    rule = Rule(**values)
    numbers = {"nth": (rule.nth, 1), "count": (rule.count, 0), "status": (rule.status, 400)}
    for name, (value, least) in numbers.items():
        if type(value) is not int or value < least:
            raise ValueError(f"{name!r} of a fault is a number of at least {least}, not {value!r}.")
    if rule.effect and kind not in _LOSES_ANSWERS:
        able = ", ".join(sorted(_LOSES_ANSWERS))
        raise ValueError(f"A {kind} has no effect on the call: 'effect' goes with {able}.")
    if (kind is Kind.ERROR) != bool(rule.code):
        raise ValueError(f"'code' goes with the kind {Kind.ERROR}, and {Kind.ERROR} needs it.")
    return rule
