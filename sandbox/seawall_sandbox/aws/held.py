"""Properties that the emulator cannot keep: held beside it, laid over what it says.

For types that are ``emulated = "partly"``: moto or ministack has the resource, but lacks a call or
forgets an argument. What is held lives and dies with the resource.
"""

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.recorded import Store
from seawall_sandbox.values import Properties

SUFFIX = "#held"
"""After the type token, in the emulator's store."""


def hold(ctx: Context, token: str, id_: str, values: Properties) -> None:
    """Keep these properties of a resource, beside those that are held already."""
    if values:
        store = Store(ctx.clients.endpoint)
        before = store.get(token + SUFFIX, _key(ctx, id_)) or {}
        store.put(token + SUFFIX, _key(ctx, id_), {**before, **values})


def held(ctx: Context, token: str, id_: str) -> Properties:
    """All properties of a resource that are held."""
    return Store(ctx.clients.endpoint).get(token + SUFFIX, _key(ctx, id_)) or {}


def release(ctx: Context, token: str, id_: str) -> None:
    """Forget what is held of a resource, if anything is."""
    Store(ctx.clients.endpoint).delete(token + SUFFIX, _key(ctx, id_))


def _key(ctx: Context, id_: str) -> str:
    return f"{ctx.region}/{id_}"
