"""Client tokens: a call that is repeated with the same token takes effect once.

AWS answers the repetition as it answered the first time, and refuses another request with the same
token (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html). moto and ministack
take no notice of tokens, so this stands before them.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from seawall_sandbox.emulator import failures
from seawall_sandbox.emulator.calls import Call
from seawall_sandbox.emulator.failures import Answer

MOST_TOKENS: Final = 500
"""Answers that are kept, the newest. AWS keeps them for a day or so."""
_MISMATCH: Final = "IdempotentParameterMismatch"


@dataclass(slots=True)
class _Use:
    """One token: held by its lock while the first call is under way."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    fingerprint: str = ""
    answer: Answer | None = None


class Tokens:
    """Answers to calls that carried a client token. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: OrderedDict[tuple[str, str, str], _Use] = OrderedDict()

    def once(self, call: Call, run: Callable[[], Answer]) -> Answer:
        """The answer of ``run``, or the earlier one to the same call if that succeeded.

        A repetition waits for the first one, if that is still under way.
        """
        with self._lock:
            use = self._uses.setdefault((call.service, call.operation, call.token), _Use())
            while len(self._uses) > MOST_TOKENS:
                self._uses.popitem(last=False)
        with use.turn:
            if use.answer is None:
                answer = run()
                if answer[0] < HTTPStatus.MULTIPLE_CHOICES:
                    use.fingerprint, use.answer = call.fingerprint, answer
                return answer
            if use.fingerprint == call.fingerprint:
                return use.answer
            message = f"The token of {call.operation} was used for another request."
            return failures.answer(call.protocol, HTTPStatus.BAD_REQUEST, _MISMATCH, message)
