"""What an emulator holds, counted object by object: run in the emulator's own process."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend


def inventory(application: Any) -> dict[str, int]:
    """How many objects there are of each of moto's classes, of each of ministack's tables, and of
    each recorded type. Whatever is reachable from a backend counts, and counts once."""
    found = Counter(_moto()) + Counter(_ministack())
    for kind, items in application._recorded._resources.items():
        found[f"recorded {kind}"] += len(items)
    return {name: count for name, count in sorted(found.items()) if count}


def _moto() -> Iterator[str]:
    backends: list[Any] = []
    for module in [m for n, m in sys.modules.items() if n.startswith("moto.")]:
        for value in list(vars(module).values()):
            if isinstance(value, BackendDict):
                for account in list(value.values()):
                    backends.extend(b for b in dict(account).values() if b is not None)
    seen: set[int] = set()
    stack: list[Any] = backends
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            stack.extend(item)
        elif type(item).__module__.startswith("moto."):
            if not isinstance(item, (BaseBackend, BackendDict)):
                yield f"{type(item).__module__.split('.')[1]} {type(item).__name__}"
            stack.extend(vars(item).values() if hasattr(item, "__dict__") else ())


def _ministack() -> Iterator[str]:
    eks = sys.modules.get("ministack.services.eks")
    for name, table in vars(eks).items() if eks else ():
        data = getattr(table, "_data", None)
        if isinstance(data, dict):
            yield from (f"eks {name}" for _ in data)
