"""Resources that no emulator has: their inputs are kept beside it, and honestly called recorded."""

import http.client
import json
from typing import Any, ClassVar, cast
from urllib.parse import quote, urlsplit

from seawall_sandbox.aws.clients import CONNECT_TIMEOUT, require_loopback
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import Properties

STORE = "/_seawall/recorded"
"""Path of the store at the emulator's endpoint: ``/<type>/<id>``, one JSON document each."""


class Store:
    """The emulator's store of recorded resources."""

    def __init__(self, endpoint: str) -> None:
        self._place = urlsplit(require_loopback(endpoint))

    def put(self, type_: str, id_: str, document: Properties) -> None:
        """Keep a document, over any earlier one."""
        self._call("PUT", type_, id_, document)

    def get(self, type_: str, id_: str) -> Properties | None:
        """A document, or ``None`` when there is none."""
        return self._call("GET", type_, id_)

    def all(self, type_: str) -> dict[str, Properties]:
        """All documents of a type, by id."""
        everything = self._call("GET", "", "") or {}
        return everything.get(type_, {})

    def delete(self, type_: str, id_: str) -> None:
        """Forget a document; one that is gone already is a success."""
        self._call("DELETE", type_, id_)

    def _call(self, method: str, type_: str, id_: str, body: Any = None) -> Properties | None:
        place = self._place
        host, port = place.hostname or "localhost", place.port
        connection = http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT)
        try:
            text = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json"}
            path = "/".join([STORE, *(quote(part, safe="") for part in (type_, id_) if part)])
            connection.request(method, path, text, headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise ProviderError(
                f"Could not {method} {type_} {id_!r} in the emulator's store: {error}. Start the"
                " emulator again with `seawall sandbox emulator start`, then run again."
            ) from error
        finally:
            connection.close()
        if answer.status == http.client.NOT_FOUND:
            return None
        if answer.status >= http.client.BAD_REQUEST:
            raise ProviderError(
                f"Could not {method} {type_} {id_!r}: the emulator's store answered"
                f" {answer.status} {answer.reason}. See the emulator's log."
            )
        return cast("Properties", json.loads(content)) if method == "GET" else None


class RecordedOnly(ResourceType):
    """A type that neither moto nor ministack has. Its outputs are its inputs and what it derives.

    Nothing acts on such a resource: it is checked, kept, compared and deleted, not emulated.
    """

    emulated = "recorded"
    id_property: ClassVar[str] = ""
    """The argument that is the id, as the real provider has it; empty: the id is made up."""
    id_prefix: ClassVar[str] = ""
    """How a made-up id begins, such as ``vpce``."""

    def derive(self, ctx: Context, id_: str, inputs: Properties) -> Properties:  # noqa: ARG002
        """Outputs that AWS would add, worked out from the inputs, such as the ARN."""
        return {}

    def new_id(self, ctx: Context, inputs: Properties) -> str:
        """The id of a new resource, the same for the same URN."""
        if self.id_property:
            return str(inputs[self.id_property])
        return automatic_name(self.id_prefix or "rec", ctx.urn.encode(), max_length=64)

    def create(self, ctx: Context, inputs: Properties) -> str:
        id_ = self.new_id(ctx, inputs)
        outputs = {**inputs, **self.derive(ctx, id_, inputs)}
        Store(ctx.clients.endpoint).put(self.token, id_, outputs)
        return id_

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        return Store(ctx.clients.endpoint).get(self.token, id_)

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,  # noqa: ARG002
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002
    ) -> None:
        outputs = {**new, **self.derive(ctx, id_, new)}
        Store(ctx.clients.endpoint).put(self.token, id_, outputs)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        store = Store(ctx.clients.endpoint)
        kept = store.get(self.token, id_) or dict(outputs)
        before: dict[str, str] = kept.get("tagsAll") or {}
        after = {k: v for k, v in before.items() if k not in removed} | added
        store.put(self.token, id_, {**kept, "tagsAll": after})

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        Store(ctx.clients.endpoint).delete(self.token, id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By its id, which is the same each time."""
        id_ = self.new_id(ctx, inputs)
        return id_ if Store(ctx.clients.endpoint).get(self.token, id_) is not None else None
