"""The emulator's parts that need no process: routing, the recorded store, the guard, the record."""

import json
import subprocess
import sys
from http import HTTPStatus
from io import BytesIO

import pytest

from seawall_sandbox.emulator import loopback, process, record
from seawall_sandbox.emulator.application import Application, signed_service
from seawall_sandbox.emulator.record import Record
from seawall_sandbox.emulator.recorded import RecordedStore

IDENTITY = Record(1, 2, "abc", "2026-11-22T19:00:00+00:00", {"moto": "5"})


def scope(service: str) -> str:
    return (
        "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/"
        f"{service}/aws4_request, SignedHeaders=host, Signature=0"
    )


def environ(method="GET", path="/", body=b"", **headers):
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "RAW_URI": path + (f"?{query}" if query else ""),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    } | headers


class Moto:
    """Answers with its name, or raises what it is told to."""

    loaded = False

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def __call__(self, environ, start_response):
        if self.error:
            raise self.error
        start_response("200 OK", [])
        return [b"moto:" + environ["wsgi.input"].read()]


def ministack(method, path, query, headers, body):
    names = sorted(name.title() for name, _ in headers)
    told = json.dumps([method, path, query, names, body.decode()])
    return 201, [("X-Kept", "1"), ("Content-Length", "999"), ("Connection", "close")], told.encode()


def request(application, environ):
    seen = {}

    def start_response(status, headers):
        seen.update(status=status, headers=dict(headers))

    body = b"".join(application(environ, start_response))
    return seen["status"], seen["headers"], body


@pytest.fixture
def stops():
    return []


@pytest.fixture
def application(stops):
    return Application(IDENTITY, lambda: stops.append(1), Moto(), ministack)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"HTTP_AUTHORIZATION": scope("ec2")}, "ec2"),
        ({"HTTP_AUTHORIZATION": scope("EKS")}, "eks"),
        (
            {"QUERY_STRING": "X-Amz-Credential=test%2F20261122%2Fus-east-1%2Fs3%2Faws4_request"},
            "s3",
        ),
        ({"HTTP_AUTHORIZATION": "Basic dGVzdDp0ZXN0"}, ""),
        ({"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=broken"}, ""),
        ({}, ""),
    ],
)
def test_the_service_is_read_from_the_signature(given, expected):
    assert signed_service(given) == expected


def test_requests_for_eks_go_to_ministack_whole(application):
    status, headers, body = request(
        application,
        environ(
            "POST",
            "/clusters?a=1",
            b"{}",
            HTTP_AUTHORIZATION=scope("eks"),
            HTTP_X_AMZ_DATE="d",
            CONTENT_TYPE="application/json",
        ),
    )
    assert status == "201 Created"
    assert headers == {"X-Kept": "1", "Content-Length": str(len(body))}
    names = ["Authorization", "Content-Length", "Content-Type", "X-Amz-Date"]
    assert json.loads(body) == ["POST", "/clusters", "a=1", names, "{}"]


@pytest.mark.parametrize("service", ["ec2", "iam", "s3"])
def test_every_other_service_goes_to_moto(application, service):
    status, _, body = request(
        application, environ("POST", "/", b"Action=X", HTTP_AUTHORIZATION=scope(service))
    )
    assert (status, body) == ("200 OK", b"moto:Action=X")


def test_the_reset_of_motos_memory_is_out_of_reach(application):
    assert request(application, environ("POST", "/moto-api/reset"))[0] == "404 Not Found"


def test_identity_and_health(application):
    assert record.parse(request(application, environ(path="/_seawall/identity"))[2]) == IDENTITY
    health = json.loads(request(application, environ(path="/_seawall/health"))[2])
    assert health == {"status": "up", "motoLoaded": False}
    assert request(application, environ(path="/_seawall/else"))[0] == "404 Not Found"


def test_only_who_knows_the_instance_stops_it(application, stops):
    assert request(application, environ("POST", "/_seawall/stop"))[0] == "403 Forbidden"
    assert not stops
    known = environ("POST", "/_seawall/stop", HTTP_X_SEAWALL_INSTANCE="abc")
    assert request(application, known)[0] == "202 Accepted"
    assert stops


@pytest.mark.parametrize(
    ("service", "extra", "content_type", "start"),
    [
        ("ec2", {}, "text/xml", "<Response><Errors><Error><Code>NotImplemented</Code>"),
        ("iam", {}, "text/xml", "<ErrorResponse><Error><Code>NotImplemented</Code>"),
        ("s3", {}, "text/xml", "<Error><Code>NotImplemented</Code>"),
        ("ssm", {"HTTP_X_AMZ_TARGET": "A.B"}, "application/json", '{"__type": "NotImplemented"'),
    ],
)
def test_what_moto_lacks_is_an_error_the_client_reads(service, extra, content_type, start):
    application = Application(IDENTITY, lambda: None, Moto(NotImplementedError("a <b>")), ministack)
    status, headers, body = request(
        application, environ("POST", "/", HTTP_AUTHORIZATION=scope(service), **extra)
    )
    assert status == "501 Not Implemented"
    assert headers["Content-Type"] == content_type
    assert body.decode().startswith(start)
    assert b"<b>" not in body or content_type == "application/json"


def test_a_fault_of_moto_is_an_error_that_is_not_repeated(caplog):
    application = Application(IDENTITY, lambda: None, Moto(KeyError("x")), ministack)
    status, _, body = request(
        application, environ("POST", "/", b"Action=RunIt", HTTP_AUTHORIZATION=scope("ec2"))
    )
    assert status == "501 Not Implemented"
    assert b"InternalFailure" in body
    assert b"RunIt of ec2" in body
    assert "KeyError" in caplog.text


def test_the_recorded_store():
    store = RecordedStore()
    assert store.answer("PUT", "/a%2Fb/c", b'{"x": 1}') == (HTTPStatus.CREATED, {"x": 1})
    assert store.answer("PUT", "/a%2Fb/c", b'{"x": 2}') == (HTTPStatus.OK, {"x": 2})
    assert store.answer("GET", "", b"") == (HTTPStatus.OK, {"a/b": {"c": {"x": 2}}})
    assert store.answer("DELETE", "/a%2Fb/c", b"") == (HTTPStatus.NO_CONTENT, None)
    assert store.answer("GET", "/", b"") == (HTTPStatus.OK, {})


@pytest.mark.parametrize(
    ("method", "route", "body", "status"),
    [
        ("PUT", "/a/b", b"{", HTTPStatus.BAD_REQUEST),
        ("PUT", "/a/b", b"\xff", HTTPStatus.BAD_REQUEST),
        ("GET", "/a/b", b"", HTTPStatus.NOT_FOUND),
        ("DELETE", "/a/b", b"", HTTPStatus.NOT_FOUND),
        ("PUT", "/a/b/c", b"1", HTTPStatus.NOT_FOUND),
        ("PUT", "/a/", b"1", HTTPStatus.NOT_FOUND),
        ("PATCH", "/a/b", b"1", HTTPStatus.METHOD_NOT_ALLOWED),
        ("PUT", "", b"1", HTTPStatus.METHOD_NOT_ALLOWED),
    ],
)
def test_the_recorded_store_refuses(method, route, body, status):
    assert RecordedStore().answer(method, route, body)[0] == status


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"127.0.0.1"])
def test_loopback(host):
    assert loopback.is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "169.254.169.254", "10.0.0.1", "localhost.evil.example", None],  # noqa: S104  # refused
)
def test_not_loopback(host):
    assert not loopback.is_loopback(host)


def test_a_guarded_process_reaches_nothing_but_loopback():
    attempts = (
        "socket.socket().connect(('192.0.2.1', 80))",
        "socket.socket().bind(('', 0))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.getaddrinfo('example.com', 80)",
        "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    )
    script = (
        "import socket\n"
        "from seawall_sandbox.emulator.loopback import NotLoopbackError, guard\n"
        "guard()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
    )
    for attempt in attempts:
        script += f"try:\n    {attempt}\nexcept NotLoopbackError:\n    print('refused')\n"
    done = subprocess.run(  # noqa: S603  # fixed text
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "refused\n" * len(attempts)


def test_nothing_of_the_users_account_reaches_the_emulator(tmp_path):
    user = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "token",
        "HTTPS_PROXY": "http://proxy",
        "DOCKER_HOST": "tcp://10.0.0.1",
        "PULUMI_CONFIG_PASSPHRASE": "secret",
    }
    given = process.environment(user, tmp_path)
    assert given["PATH"] == "/bin"
    assert given["AWS_ACCESS_KEY_ID"] == "test"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & set(given)
    assert not {"production", "AKIAREAL", "token", "secret"} & set(given.values())
    assert given["DOCKER_HOST"].startswith(f"unix://{tmp_path}")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"pid": "x"}', b"\xff"])
def test_a_broken_record_is_no_record(tmp_path, content):
    record.path(tmp_path).write_bytes(content)
    assert record.read(tmp_path) is None


def test_only_the_own_record_is_removed(tmp_path):
    record.write(tmp_path, IDENTITY)
    record.remove(tmp_path, "another")
    assert record.read(tmp_path) == IDENTITY
    record.remove(tmp_path, "abc")
    assert record.read(tmp_path) is None
