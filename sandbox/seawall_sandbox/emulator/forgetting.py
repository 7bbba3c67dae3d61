"""What moto keeps for good after it was deleted, and what makes it let go.

Without this, each time that a stack with a VPC comes and goes would leave about a thousand objects
and one megabyte behind, and slow down every call that reads tags.
"""

import functools
import gc
import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

_OF_NETWORKS: Final = (
    "acl-",
    "eipalloc-",
    "eni-",
    "fl-",
    "i-",
    "igw-",
    "lt-",
    "nat-",
    "rtb-",
    "sg-",
    "sgr-",
    "subnet-",
    "vol-",
    "vpc-",
    "vpce-",
)
"""How ids begin of what stacks make in and for a VPC: all are ``TaggedEC2Resource`` in moto."""


def keep_no_history() -> None:
    """Let models go once moto's stores have let go of them.

    Every model's class keeps all its instances (``instances_tracked`` in
    moto/core/common_models.py), for a dashboard that this emulator does not serve. And a method
    with a ``functools.cache`` (such as in moto/ec2/models/subnets.py) keeps all that it was called
    on: each instance gets a cache of its own instead.
    """
    # Here, not at the top: it takes a while, in which the endpoint answers already.
    models: Any = importlib.import_module("moto.core.common_models")
    track: Callable[[type], Any] = models.BaseModel.__new__
    prepared: set[type] = set()

    def make(cls: type, *_: object, **__: object) -> Any:
        if cls not in prepared:
            prepared.add(cls)
            members: dict[str, Any] = dict(vars(cls))
            for name, member in members.items():
                if hasattr(member, "cache_clear"):
                    setattr(cls, name, _cached_in_instance(name, member.__wrapped__))
        made = track(cls)
        made.instances_tracked.clear()
        return made

    models.BaseModel.__new__ = staticmethod(make)


def _cached_in_instance(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def cached(self: object, *arguments: object) -> Any:
        cache: dict[tuple[object, ...], Any] = vars(self).setdefault(f"_cache_of_{name}", {})
        if arguments not in cache:
            cache[arguments] = method(self, *arguments)
        return cache[arguments]

    return cached


def forget_networks() -> None:
    """Drop what belonged to a VPC that is no more, and the tags of what is no more.

    On AWS a VPC takes its default network ACL along, deleted endpoints vanish, and a deleted NAT
    gateway is shown for about an hour
    (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html).
    """
    module: Any = sys.modules.get("moto.ec2.models")
    if module is None:
        return
    backends = [backend for _, _, backend in module.ec2_backends.iter_backends()]
    for backend in backends:
        for store in (backend.network_acls, backend.nat_gateways, backend.vpc_end_points):
            _drop(store, [id_ for id_, item in store.items() if item.vpc_id not in backend.vpcs])
    tagged: Any = sys.modules["moto.ec2.models.core"].TaggedEC2Resource
    # By type, as asking a lazy object for its class would make it.
    found = (item for item in gc.get_objects() if issubclass(type(item), tagged))
    alive = {getattr(item, "id", None) for item in found}
    for backend in backends:
        _drop(
            backend.tags,
            [id_ for id_ in backend.tags if id_.startswith(_OF_NETWORKS) and id_ not in alive],
        )


def _drop(store: dict[str, Any], ids: Iterable[str]) -> None:
    for id_ in ids:
        del store[id_]
