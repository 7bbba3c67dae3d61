"""What a fault looks like on the wire: AWS's own answers, or none."""

import json
import select
import socket
import struct
from http import HTTPStatus
from typing import Any, Final

from seawall_sandbox.emulator import failures
from seawall_sandbox.emulator.calls import Call, operation_model
from seawall_sandbox.emulator.failures import Answer
from seawall_sandbox.emulator.faults import Kind, Rule
from seawall_sandbox.emulator.fresh import code_of

SILENT: Final = frozenset({Kind.TIME_OUT, Kind.RESET})
"""Faults that answer nothing."""
LONGEST_SILENCE: Final = 300.0
"""Seconds after which a call that times out is given up from this side too."""

_THROTTLED: Final = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "eks": ("ThrottlingException", "Rate exceeded", 429),
}
_BROKEN: Final = {
    "ec2": "InternalError",
    "s3": "InternalError",
    "iam": "ServiceFailure",
    "eks": "ServerException",
    "ecr": "ServerException",
    "kms": "KMSInternalException",
}
_DENIED: Final = {"ec2": "UnauthorizedOperation", "s3": "AccessDenied"}


class DroppedError(ConnectionError):
    """The connection is gone; nothing is to be answered."""


def answer(rule: Rule, call: Call, unseen: tuple[str, bool]) -> Answer:
    """The refusal that a rule asks for. ``unseen``: see ``Faults.unseen``."""
    text, searched = unseen
    status, code, message = HTTPStatus.BAD_REQUEST, rule.code, rule.message
    query = call.protocol == "query"
    match rule.kind:
        case Kind.THROTTLE:
            usual = ("Throttling" if query else "ThrottlingException", "Rate exceeded", 400)
            code, message, number = _THROTTLED.get(call.service, usual)
            status = HTTPStatus(number)
        case Kind.SERVER_ERROR:
            code = _BROKEN.get(call.service, "InternalFailure")
            status, message = HTTPStatus.INTERNAL_SERVER_ERROR, "An internal error has occurred"
        case Kind.ACCESS_DENIED:
            code = _DENIED.get(call.service, "AccessDenied" if query else "AccessDeniedException")
            status = HTTPStatus.FORBIDDEN
            message = (
                "User: arn:aws:sts::123456789012:user/moto is not authorized to perform: "
                f"{call.signed}:{call.operation}"
            )
        case Kind.NOT_FOUND:
            if searched:
                return _nothing(call)
            code, message = code_of(call.service, text), f"{text} does not exist"
            missing = call.protocol.startswith("rest") or call.service == "iam"
            status = HTTPStatus.NOT_FOUND if missing else status
        case _:
            status = HTTPStatus(rule.status)
    return failures.answer(call.protocol, status, code, message or "The fault says no more.")


def lose(rule: Rule, call: Call, environ: dict[str, Any]) -> Answer:
    """Let an answer be lost: status 500 comes in its place, or ``DroppedError`` is raised."""
    if rule.kind is Kind.SERVER_ERROR:
        return answer(rule, call, ("", False))
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        if rule.kind is Kind.TIME_OUT:
            _await_hangup(connection)
        # Closed without a farewell: the client sees a reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    raise DroppedError(f"{call.operation} is not answered: that is the fault.")


def _await_hangup(connection: socket.socket) -> None:
    """Wait until the client has closed the connection."""
    select.select([connection], [], [], LONGEST_SILENCE)


def _nothing(call: Call) -> Answer:
    """The answer of a search that finds nothing: its lists are empty."""
    model = operation_model(call.service, call.operation)
    shape: Any = None if model is None else model.output_shape
    members: dict[str, Any] = {} if shape is None else shape.members
    lists = [
        str(member.serialization.get("name", name))
        for name, member in members.items()
        if member.type_name == "list"
    ]
    if call.protocol in {"json", "rest-json"}:
        body = json.dumps({name: [] for name in lists}).encode()
        return HTTPStatus.OK, [("Content-Type", "application/json")], body
    inner = "".join(f"<{name}/>" for name in lists)
    if call.protocol == "query":
        inner = f"<{call.operation}Result>{inner}</{call.operation}Result>"
    xml = f"<{call.operation}Response>{inner}</{call.operation}Response>"
    return HTTPStatus.OK, [("Content-Type", "text/xml")], xml.encode()
