"""What the emulator's process holds, counted: shows what is left behind, and what grows."""

import gc
import sys
from collections import Counter
from typing import Any


def inventory() -> dict[str, Any]:
    """Counts, after a collection of garbage.

    ``objects``: all that Python's collector knows. ``entries``: what is in their lists, sets and
    dictionaries, which also shows texts that pile up. ``moto``: models by ``service.Class``,
    whatever still holds them, so also of resources that were deleted. ``ministack``: entries of its
    stores by ``service.store``.
    """
    gc.collect()
    objects = gc.get_objects()
    # By type, as asking a lazy object for its class would make it.
    types: Counter[type[Any]] = Counter(map(type, objects))
    return {
        "objects": len(objects),
        "entries": sum(len(item) for item in objects if type(item) in (dict, list, set)),
        "moto": _moto(types),
        "ministack": dict(sorted(_ministack().items())),
    }


def _moto(types: Counter[type[Any]]) -> dict[str, int]:
    module: Any = sys.modules.get("moto.core.common_models")
    if module is None:
        return {}
    found: Counter[str] = Counter()
    for class_, count in types.items():
        if issubclass(class_, module.BaseModel):
            service = class_.__module__.split(".")[1]
            found[f"{service}.{class_.__qualname__}"] += count
    return dict(sorted(found.items()))


def _ministack() -> Counter[str]:
    module: Any = sys.modules.get("ministack.core.responses")
    if module is None:
        return Counter()
    scoped = (module.AccountScopedDict, module.AccountRegionScopedDict)
    found: Counter[str] = Counter()
    for name, service in tuple(sys.modules.items()):
        if name.startswith("ministack.services."):
            for store, value in tuple(vars(service).items()):
                if type(value) in scoped:
                    # Its own length is that of the account and region of the present request.
                    found[f"{name.rpartition('.')[2]}.{store.lstrip('_')}"] = len(value._data)  # noqa: SLF001
    return found
