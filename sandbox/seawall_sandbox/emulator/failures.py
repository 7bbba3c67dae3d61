"""Error answers, in the form that the AWS client of each service reads.

What the emulator itself cannot do has the status 501: clients repeat 500 and 503, and that would
only cost time.
"""

import json
import uuid
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
    return answer(
        _protocol(service, environ),
        HTTPStatus.NOT_IMPLEMENTED,
        "NotImplemented",
        f"moto {version('moto')} has not implemented {_operation(environ, body)} of "
        f"{service or 'the service'}.{reason}",
    )


def internal(service: str, environ: dict[str, Any], body: bytes, error: Exception) -> Answer:
    """The emulator stumbled. The log has the traceback."""
    return answer(
        _protocol(service, environ),
        HTTPStatus.NOT_IMPLEMENTED,
        "InternalFailure",
        f"The emulator failed in {_operation(environ, body)} of {service or 'the service'}: "
        f"{type(error).__name__}: {error}. Its log has the details.",
    )


def answer(protocol: str, status: HTTPStatus, code: str, message: str) -> Answer:
    """An error in a protocol's form, with a request id of its own.

    https://smithy.io/2.0/aws/protocols/index.html; S3's own form:
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    request = str(uuid.uuid4())
    named = [("x-amzn-RequestId", request), ("x-amz-request-id", request)]
    if protocol in {"json", "rest-json"}:
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code), *named]
        return status, headers, json.dumps({"__type": code, "message": message}).encode()
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        errors = f"<Errors><Error>{error}</Error></Errors>"
        xml = f"<Response>{errors}<RequestID>{request}</RequestID></Response>"
    elif protocol == "rest-xml":
        xml = f"<Error>{error}<RequestId>{request}</RequestId></Error>"
    else:
        error = f"<Error>{error}</Error>"
        xml = f"<ErrorResponse>{error}<RequestId>{request}</RequestId></ErrorResponse>"
    return status, [("Content-Type", "text/xml"), *named], xml.encode()


def _protocol(service: str, environ: dict[str, Any]) -> str:
    """The protocol of a request, without a look at the service's model."""
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if environ.get("HTTP_X_AMZ_TARGET") or "json" in content_type or service == "eks":
        return "json"
    return {"ec2": "ec2", "s3": "rest-xml"}.get(service, "query")


def _operation(environ: dict[str, Any], body: bytes) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    if b"Action=" in body:
        actions = parse_qs(body.decode("utf-8", "replace")).get("Action")
        if actions:
            return actions[0]
    return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
