"""Names of a package that are loaded when they are first asked for (PEP 562).

The AWS and Kubernetes SDKs take seconds to load. Settings, Compose files, the ledger and the report
need neither, and must not wait for them because they share a room with a component.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def load_on_demand(
    package: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's ``__getattr__`` and ``__dir__``.

    ``names``: for each module of the package, the names that it gives. A name's module is imported
    when the name is first used; an unknown name is an ``AttributeError``, as in any module.
    """
    module_of = {name: module for module, given in names.items() for name in given}

    def getattr_(name: str) -> Any:
        if name not in module_of:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    def dir_() -> list[str]:
        return sorted({*vars(import_module(package)), *module_of})

    return getattr_, dir_
