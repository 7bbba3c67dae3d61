"""Which AWS call a request is: told from the wire alone, as AWS itself has to.

Five protocols are known: ``ec2`` and ``query`` name the operation in the form, ``json`` in a
header, ``rest-json`` and ``rest-xml`` by method and path.
https://smithy.io/2.0/aws/protocols/index.html
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote

_OTHERWISE_NAMED: Final = {
    "aps": "amp",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "es": "opensearch",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
"""boto3's name of a service whose signatures carry another one."""
_ELB: Final = "elasticloadbalancing"
_ELSEWHERE: Final = frozenset({"ListDirectoryBuckets"})
"""Operations that have an endpoint of their own, with the path of another one."""
_TOKENS: Final = frozenset(
    {"ClientToken", "clientToken", "ClientRequestToken", "clientRequestToken", "IdempotencyToken"}
)
"""Arguments by which AWS knows a repeated call again. EFS has another, and refuses one it knows."""


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS call as a request asks for it."""

    service: str
    """boto3's name."""
    signed: str
    """The name in the signature; mostly the same."""
    operation: str
    """As the AWS documentation writes it; empty when it cannot be told."""
    protocol: str
    parameters: tuple[tuple[str, str], ...]
    """Texts in form, body, path and query, by where they stand; without tags."""
    attempt: int
    """Which attempt of the SDK this is: the first is 1."""
    invocation: str
    """The same for all attempts of one call; empty when the client does not say."""
    token: str
    """The client token by which AWS knows a repeated call again, or empty."""
    fingerprint: str
    """The same for two requests for the same thing."""

    @property
    def query(self) -> bool:
        """Whether the operation only looks."""
        return self.operation.startswith(("Describe", "Get", "List", "Head", "Search", "Lookup"))


def identify(signed: str, environ: dict[str, Any], path: str, query: str, body: bytes) -> Call:
    """The call that a request makes.

    ``signed``: the service in its signature; ``path`` and ``query`` are still percent-encoded.
    """
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    form = _form(environ, query, body)
    service = _service(signed, form)
    if target:
        operation, protocol = target.rpartition(".")[2], "json"
        parameters = list(_texts(_document(body)))
    elif "Action" in form:
        operation, protocol = form["Action"], "ec2" if service == "ec2" else "query"
        parameters = [item for item in form.items() if item[0] not in {"Action", "Version"}]
    else:
        operation, protocol = _route(service, str(environ["REQUEST_METHOD"]), path, query)
        segments = (unquote(part) for part in path.split("/"))
        parameters = [("path", part) for part in segments if part]
        parameters += [(key, value) for key, value in parse_qsl(query) if value]
        if protocol == "rest-json":
            parameters += _texts(_document(body))
    known = tuple((key, text) for key, text in parameters if "tag" not in key.lower())
    token = next((text for key, text in parameters if key in _TOKENS), "")
    attempt = re.search(r"attempt=(\d+)", str(environ.get("HTTP_AMZ_SDK_REQUEST", "")))
    return Call(
        service=service,
        signed=signed,
        operation=operation,
        protocol=protocol,
        parameters=tuple(item for item in known if item[0] not in _TOKENS),
        attempt=int(attempt[1]) if attempt else 1,
        invocation=str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")),
        token=token,
        fingerprint=_fingerprint((service, operation, path, query), body, token),
    )


def has_token(body: bytes) -> bool:
    """Whether there may be a client token in a body: a quick look before a thorough one."""
    return b"lientToken" in body or b"lientRequestToken" in body or b"IdempotencyToken" in body


@cache
def operation_model(service: str, operation: str) -> Any:
    """What botocore knows of an operation, or ``None``."""
    model = _model(service)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)


@cache
def _model(service: str) -> Any:
    # Here, not at the top: only who injects faults or repeats a call pays for it.
    import botocore.session  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
    from botocore.exceptions import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        UnknownServiceError,
    )

    session: Any = botocore.session.Session()
    try:
        return session.get_service_model(service)
    except UnknownServiceError:
        return None


def _service(signed: str, form: dict[str, str]) -> str:
    if signed == _ELB:
        return "elb" if form.get("Version", "").startswith("2012") else "elbv2"
    return _OTHERWISE_NAMED.get(signed, signed)


def _form(environ: dict[str, Any], query: str, body: bytes) -> dict[str, str]:
    if "form-urlencoded" in str(environ.get("CONTENT_TYPE", "")):
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return dict(parse_qsl(query)) if "Action=" in query else {}


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All texts in a JSON document, by the keys that lead to them."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _texts(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _texts(item, place)


def _fingerprint(parts: tuple[str, ...], body: bytes, token: str) -> str:
    if token:
        body = body.replace(token.encode(), b"")
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + body).hexdigest()


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    literals: int


def _route(service: str, method: str, path: str, query: str) -> tuple[str, str]:
    """Operation and protocol of a REST request: the most closely described one that fits."""
    given = {part.partition("=")[0] for part in query.split("&")} | set(query.split("&"))
    fitting = [
        route
        for route in _routes(service)
        if route.method == method and route.query <= given and route.path.fullmatch(path)
    ]
    # Of two that look alike the later name is the newer or the more usual one: PutObject before
    # CopyObject, GetBucketLifecycleConfiguration before GetBucketLifecycle.
    best = max(fitting, key=lambda r: (len(r.query), r.literals, r.operation), default=None)
    model = _model(service)
    protocol = model.resolved_protocol if model is not None else "json"
    return (best.operation if best else ""), str(protocol)


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    model = _model(service)
    if model is None or not str(model.resolved_protocol).startswith("rest"):
        return ()
    found: list[_Route] = []
    for name in sorted(set(model.operation_names) - _ELSEWHERE):
        operation: Any = model.operation_model(name)
        http: dict[str, str] = operation.http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(
            re.escape(part)
            if not part.startswith("{")
            else "(.+)"
            if part.endswith("+}")
            else "([^/]+)"
            for part in parts
        )
        literals = sum(len(part) for part in parts if not part.startswith("{"))
        wanted = {part for part in query.split("&") if part} | _required(operation.input_shape)
        path_pattern = re.compile(f"{pattern}/?")
        found.append(_Route(name, http["method"], path_pattern, frozenset(wanted), literals))
    return tuple(found)


def _required(shape: Any) -> set[str]:
    """What must stand in the query."""
    members = (
        {} if shape is None else {name: shape.members[name] for name in shape.required_members}
    )
    places = [member.serialization for member in members.values()]
    return {place["name"] for place in places if place.get("location") == "querystring"}
