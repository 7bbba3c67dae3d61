"""Docker's API over its Unix socket: what the agent asks of the engine.

Paths carry no version, so that each engine answers in its own. Times are seconds.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from seawall_node.errors import EngineError
from seawall_node.swarm import Node, SwarmState

SOCKET = Path("/var/run/docker.sock")
_ANSWER_SECONDS = 30.0
"""More than the 20 s after which the engine itself gives up waiting for a join."""
_BUSY = "update out of sequence"
_RETRIES = 5

Json = dict[str, Any]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Engine:
    """One Docker engine. Every method raises ``EngineError`` when it refuses or is not there."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path

    def is_up(self) -> bool:
        """Whether the engine answers."""
        try:
            self._call("GET", "/_ping", timeout=5)
        except EngineError:
            return False
        return True

    def state(self) -> SwarmState:
        """The engine's part in a swarm."""
        return SwarmState.of(self._call("GET", "/info"))

    def version(self) -> str:
        """The engine's version, such as ``20.10.24``."""
        return str(self._call("GET", "/version")["Version"])

    # the swarm

    def swarm_init(self, **request: Any) -> None:
        """Make a swarm. ``request`` is the body that Docker's API documents."""
        self._call("POST", "/swarm/init", request, timeout=60)

    def swarm_join(self, **request: Any) -> None:
        """Join a swarm. An error says little: what counts is ``state`` afterwards."""
        self._call("POST", "/swarm/join", request)

    def swarm_unlock(self, key: str) -> None:
        """Unlock the node's raft state."""
        self._call("POST", "/swarm/unlock", {"UnlockKey": key})

    def swarm_leave(self) -> None:
        """Leave, and forget all that the node knew of the swarm."""
        self._call("POST", "/swarm/leave?force=true")

    def swarm(self) -> Json:
        """The swarm: id, version, specification and join tokens. Managers only."""
        return self._call("GET", "/swarm")

    def unlock_key(self) -> str:
        """The current unlock key; empty when managers are not locked."""
        return str(self._call("GET", "/swarm/unlockkey")["UnlockKey"] or "")

    def swarm_update(self, spec: Mapping[str, Any] | None = None, **rotate: bool) -> None:
        """Change the specification, or rotate tokens and key (``rotateWorkerToken=True``...)."""
        for last in _attempts():
            swarm = self.swarm()
            query = {name: "true" for name, wanted in rotate.items() if wanted}
            query["version"] = str(swarm["Version"]["Index"])
            wanted = {**swarm["Spec"], **(spec or {})}
            if self._updated(f"/swarm/update?{urlencode(query)}", wanted, last=last):
                return

    # nodes

    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the swarm. Managers only."""
        return tuple(Node.of(each) for each in self._call("GET", "/nodes"))

    def node(self, node_id: str) -> Node:
        """One node."""
        return Node.of(self._call("GET", f"/nodes/{quote(node_id)}"))

    def node_update(
        self,
        node_id: str,
        *,
        labels: Mapping[str, str] | None = None,
        availability: str | None = None,
        role: str | None = None,
    ) -> None:
        """Change what is given of the node's specification. ``labels`` are all labels."""
        for last in _attempts():
            node = self._call("GET", f"/nodes/{quote(node_id)}")
            spec = dict(node["Spec"])
            if labels is not None:
                spec["Labels"] = dict(labels)
            spec["Availability"] = availability or spec["Availability"]
            spec["Role"] = role or spec["Role"]
            version = node["Version"]["Index"]
            if self._updated(f"/nodes/{quote(node_id)}/update?version={version}", spec, last=last):
                return

    def node_remove(self, node_id: str, *, force: bool = False) -> None:
        """Remove a node from the list. With ``force``, one that is still there."""
        self._call("DELETE", f"/nodes/{quote(node_id)}?force={'true' if force else 'false'}")

    # services and tasks

    def services(self) -> list[Json]:
        """All services, as Docker describes them."""
        return self._call("GET", "/services")

    def service(self, service_id: str) -> Json:
        """One service, as Docker describes it."""
        return self._call("GET", f"/services/{quote(service_id)}")

    def service_update(
        self, service: Json, spec: Mapping[str, Any], login: Mapping[str, str] | None = None
    ) -> bool:
        """Replace the specification of ``service`` as it was read; False when it has changed since.

        ``login`` (username, password, serveraddress) goes into the specification for the nodes that
        pull; without it the one that is there is kept.
        """
        headers: dict[str, str] = {}
        if login is not None:
            auth = base64.urlsafe_b64encode(json.dumps(dict(login)).encode()).decode()
            headers["X-Registry-Auth"] = auth
        path = f"/services/{service['ID']}/update?version={service['Version']['Index']}"
        if login is None:
            path += "&registryAuthFrom=spec"
        return self._updated(path, spec, last=False, headers=headers)

    def tasks(self, filters: Mapping[str, Iterable[str]]) -> list[Json]:
        """The tasks that ``filters`` (``node``, ``service``, ``desired-state``) let through."""
        text = json.dumps({name: list(values) for name, values in filters.items()})
        return self._call("GET", f"/tasks?{urlencode({'filters': text})}")

    # upkeep

    def prune(self, kind: str, filters: Mapping[str, Iterable[str]]) -> int:
        """Remove unused ``containers``, ``images`` or ``build`` cache; the bytes that it freed."""
        text = json.dumps({name: list(values) for name, values in filters.items()})
        answer = self._call("POST", f"/{kind}/prune?{urlencode({'filters': text})}", timeout=600)
        return int(answer.get("SpaceReclaimed") or 0)

    def _updated(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        last: bool,
        headers: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether the update went through; False when another came first and a try is left."""
        try:
            self._call("POST", path, body, headers=headers)
        except EngineError as error:
            if _BUSY in str(error) and not last:
                return False
            raise
        return True

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout: float = _ANSWER_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        connection = _Connection(self._path, timeout)
        what = f"{method} {path.partition('?')[0]}"
        try:
            connection.request(
                method,
                path,
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json", **(headers or {})},
            )
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"Docker did not answer {what} at {self._path}: {error}. "
                "See `systemctl status docker`."
            ) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise EngineError(f"Docker refused {what}: {_message(content)}", response.status)
        if not content or "json" not in response.getheader("Content-Type", ""):
            return None
        return json.loads(content)


def _attempts() -> Iterable[bool]:
    """For each try, whether it is the last."""
    return (number == _RETRIES - 1 for number in range(_RETRIES))


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace").strip() or "no reason given"
