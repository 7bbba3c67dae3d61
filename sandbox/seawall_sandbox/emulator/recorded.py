"""Resources that neither moto nor ministack has: kept as they were given, not emulated.

    PUT    /_seawall/recorded/{type}/{id}   JSON body; 201 when new, else 200
    GET    /_seawall/recorded/{type}/{id}   the body; 404
    DELETE /_seawall/recorded/{type}/{id}   204; 404
    GET    /_seawall/recorded               {"<type>": {"<id>": body}}

``type`` and ``id`` are percent-encoded, slashes and colons included.
"""

import json
import threading
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

Answer = tuple[HTTPStatus, Any]
"""A status, and what is written as JSON; None for an empty body."""


class RecordedStore:
    """The recorded resources, by type and id. Calls may come from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resources: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, route: str, body: bytes) -> Answer:
        """Answer a request for ``route``, the raw path after ``/_seawall/recorded``."""
        parts = [unquote(part) for part in route.split("/")[1:]]
        if not parts or parts == [""]:
            return self._list() if method == "GET" else _not_allowed(method)
        if len(parts) != 2 or not all(parts):
            return HTTPStatus.NOT_FOUND, {
                "message": f"The route is /_seawall/recorded/{{type}}/{{id}}, not {route!r}. "
                "Percent-encode slashes within the type and the id."
            }
        kind, id_ = parts
        if method == "PUT":
            return self._put(kind, id_, body)
        if method == "GET":
            return self._get(kind, id_)
        if method == "DELETE":
            return self._delete(kind, id_)
        return _not_allowed(method)

    def _list(self) -> Answer:
        with self._lock:
            return HTTPStatus.OK, {kind: dict(items) for kind, items in self._resources.items()}

    def _put(self, kind: str, id_: str, body: bytes) -> Answer:
        try:
            content = json.loads(body)
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, {"message": f"The body is no JSON: {error}."}
        with self._lock:
            items = self._resources.setdefault(kind, {})
            status = HTTPStatus.OK if id_ in items else HTTPStatus.CREATED
            items[id_] = content
        return status, content

    def _get(self, kind: str, id_: str) -> Answer:
        with self._lock:
            items = self._resources.get(kind, {})
            return (HTTPStatus.OK, items[id_]) if id_ in items else _missing(kind, id_)

    def _delete(self, kind: str, id_: str) -> Answer:
        with self._lock:
            items = self._resources.get(kind, {})
            if id_ not in items:
                return _missing(kind, id_)
            del items[id_]
            if not items:
                del self._resources[kind]
            return HTTPStatus.NO_CONTENT, None


def _missing(kind: str, id_: str) -> Answer:
    return HTTPStatus.NOT_FOUND, {"message": f"No {kind} with the id {id_!r} is recorded."}


def _not_allowed(method: str) -> Answer:
    return HTTPStatus.METHOD_NOT_ALLOWED, {"message": f"{method} is not possible here."}
