"""The one endpoint: a WSGI application that hands each request to moto, ministack or our own store.

/_seawall/health                 whether it is up, and moto loaded
/_seawall/identity               the ``record.Record`` of this process
/_seawall/recorded...            see ``recorded``
/_seawall/inventory              see ``inventory``
POST /_seawall/stop              ends it; needs the header X-Seawall-Instance with its id
/_seawall/faults                 see ``faults``; needs that header too, unless it is a GET
everything else                  AWS, by the service in the request's signature
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from seawall_sandbox.emulator import failures, strike
from seawall_sandbox.emulator.calls import Call, has_token, identify
from seawall_sandbox.emulator.failures import Answer
from seawall_sandbox.emulator.faults import Faults
from seawall_sandbox.emulator.inventory import inventory
from seawall_sandbox.emulator.ministack_host import MinistackHost
from seawall_sandbox.emulator.moto_host import Environ, MotoHost
from seawall_sandbox.emulator.record import INSTANCE_HEADER, Record
from seawall_sandbox.emulator.recorded import RecordedStore
from seawall_sandbox.emulator.tokens import Tokens

MINISTACK_SERVICES = frozenset({"eks"})
_OWN = "/_seawall/"
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})

logger = logging.getLogger(__name__)


class Application:
    """Routes requests. ``stop`` is called when the right caller asks the emulator to end."""

    def __init__(
        self,
        identity: Record,
        stop: Callable[[], None],
        moto: Callable[[Environ, Any], list[bytes]] | None = None,
        ministack: Callable[..., Any] | None = None,
    ) -> None:
        self._identity = identity
        self._stop = stop
        self._moto = moto or MotoHost()
        self._ministack = ministack or MinistackHost()
        self._recorded = RecordedStore()
        self._faults = Faults()
        self._tokens = Tokens()

    def __call__(self, environ: Environ, start_response: Any) -> list[bytes]:
        # Read in full before any lock is taken, and so that the connection can be used again.
        body = _read_body(environ)
        raw_path, _, query = _target(environ).partition("?")
        method = str(environ["REQUEST_METHOD"])
        if raw_path.startswith(_OWN):
            return self._own(method, raw_path, environ, body, start_response)
        if raw_path.startswith("/moto-api"):
            # It could empty moto's memory without anybody noticing.
            return _json(start_response, HTTPStatus.NOT_FOUND, {"message": "Not available here."})
        service = signed_service(environ)
        if not self._faults.active and not has_token(body):
            return _send(start_response, *self._serve(service, environ, body))
        call = identify(service, environ, raw_path, query, body)
        return _send(start_response, *self._watched(call, environ, body))

    def _watched(self, call: Call, environ: Environ, body: bytes) -> Answer:
        """The answer to a call that a fault may hit, or that carries a client token."""
        rule = self._faults.strike(call) if self._faults.active else None
        if rule is not None and not rule.effect:
            if rule.kind in strike.SILENT:
                return strike.lose(rule, call, environ)
            return strike.answer(rule, call, self._faults.unseen(call))

        def run() -> Answer:
            return self._serve(call.signed, environ, body)

        answer = self._tokens.once(call, run) if call.token else run()
        if self._faults.active and answer[0] < HTTPStatus.MULTIPLE_CHOICES:
            self._faults.made(call, answer[2])
        return answer if rule is None else strike.lose(rule, call, environ)

    def _serve(self, service: str, environ: Environ, body: bytes) -> Answer:
        """The answer of moto or ministack."""
        try:
            if service in MINISTACK_SERVICES:
                raw_path, _, query = _target(environ).partition("?")
                status, headers, content = self._ministack(
                    str(environ["REQUEST_METHOD"]), raw_path, query, _headers(environ), body
                )
                kept = [(n, v) for n, v in headers if n.lower() not in _HOP_BY_HOP]
                return HTTPStatus(status), kept, content
            return _ask(self._moto, environ)
        except NotImplementedError as error:
            return failures.not_implemented(service, environ, body, error)
        except Exception as error:
            logger.exception("%s request failed", service)
            return failures.internal(service, environ, body, error)

    def _own(
        self, method: str, raw_path: str, environ: Environ, body: bytes, start_response: Any
    ) -> list[bytes]:
        route = raw_path.removeprefix(_OWN)
        if route == "recorded" or route.startswith("recorded/"):
            return _json(
                start_response, *self._recorded.answer(method, route.removeprefix("recorded"), body)
            )
        if (method, route) == ("GET", "health"):
            loaded = bool(getattr(self._moto, "loaded", True))
            return _json(start_response, HTTPStatus.OK, {"status": "up", "motoLoaded": loaded})
        if (method, route) == ("GET", "identity"):
            return _json(start_response, HTTPStatus.OK, asdict(self._identity))
        if (method, route) == ("GET", "inventory"):
            return _json(start_response, HTTPStatus.OK, inventory())
        if route in {"stop", "faults"} and method != "GET":
            header = "HTTP_" + INSTANCE_HEADER.upper().replace("-", "_")
            if environ.get(header) != self._identity.instance_id:
                message = f"The header {INSTANCE_HEADER} does not name this instance."
                return _json(start_response, HTTPStatus.FORBIDDEN, {"message": message})
        if route == "faults":
            return _json(start_response, *self._faults.answer(method, body))
        if (method, route) == ("POST", "stop"):
            self._stop()
            return _json(start_response, HTTPStatus.ACCEPTED, {})
        message = f"{method} {raw_path} is none of the emulator's own routes."
        return _json(start_response, HTTPStatus.NOT_FOUND, {"message": message})


def signed_service(environ: Environ) -> str:
    """The service in the credential scope of a SigV4 signature, header or query; else empty."""
    header = str(environ.get("HTTP_AUTHORIZATION", ""))
    _, found, rest = header.partition("Credential=")
    if found:
        credential = rest.split(",")[0].strip()
    elif "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        credential = parse_qs(environ["QUERY_STRING"]).get("X-Amz-Credential", [""])[0]
    else:
        return ""
    scope = credential.split("/")
    return scope[-2].lower() if len(scope) >= 5 else ""


def _target(environ: Environ) -> str:
    """Path and query as they were sent, still percent-encoded."""
    return str(environ.get("RAW_URI") or environ["PATH_INFO"])


def _ask(application: Callable[[Environ, Any], list[bytes]], environ: Environ) -> Answer:
    """The answer of a WSGI application as a value."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        started.append((status, headers))

    content = application(environ, start_response)
    status, headers = started[-1]
    return HTTPStatus(int(status.partition(" ")[0])), list(headers), b"".join(content)


def _read_body(environ: Environ) -> bytes:
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if length:
        body = stream.read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        body = b""
    environ["wsgi.input"] = BytesIO(body)
    return body


def _headers(environ: Environ) -> list[tuple[str, str]]:
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    plain = (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length"))
    return headers + [(header, environ[name]) for name, header in plain if environ.get(name)]


def _json(start_response: Any, status: HTTPStatus, content: Any) -> list[bytes]:
    body = b"" if content is None else json.dumps(content).encode()
    return _send(start_response, status, [("Content-Type", "application/json")], body)


def _send(
    start_response: Any, status: HTTPStatus, headers: list[tuple[str, str]], body: bytes
) -> list[bytes]:
    if not any(name.lower() == "content-length" for name, _ in headers):
        headers = [*headers, ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
