"""Answers for what the emulator cannot do, in the form that the AWS client of each service reads.

The status is 501: clients repeat 500 and 503, and that would only cost time.
"""

import json
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Answer = tuple[HTTPStatus, list[tuple[str, str]], bytes]


def not_implemented(
    service: str, environ: dict[str, Any], body: bytes, error: NotImplementedError
) -> Answer:
    """Moto knows the service, but not this operation or this use of it."""
    reason = f" It says: {error}" if str(error) else ""
    return _answer(
        service,
        environ,
        "NotImplemented",
        f"moto {version('moto')} has not implemented {_operation(environ, body)} of "
        f"{service or 'the service'}.{reason}",
    )


def internal(service: str, environ: dict[str, Any], body: bytes, error: Exception) -> Answer:
    """The emulator stumbled. The log has the traceback."""
    return _answer(
        service,
        environ,
        "InternalFailure",
        f"The emulator failed in {_operation(environ, body)} of {service or 'the service'}: "
        f"{type(error).__name__}: {error}. Its log has the details.",
    )


def _operation(environ: dict[str, Any], body: bytes) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    if b"Action=" in body:
        actions = parse_qs(body.decode("utf-8", "replace")).get("Action")
        if actions:
            return actions[0]
    return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _answer(service: str, environ: dict[str, Any], code: str, message: str) -> Answer:
    status = HTTPStatus.NOT_IMPLEMENTED
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if environ.get("HTTP_X_AMZ_TARGET") or "json" in content_type or service == "eks":
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
        return status, headers, json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    if service == "ec2":
        xml = f"<Response><Errors>{error}</Errors></Response>"
    elif service == "s3":
        xml = error
    else:
        xml = f"<ErrorResponse>{error}</ErrorResponse>"
    return status, [("Content-Type", "text/xml")], xml.encode()
