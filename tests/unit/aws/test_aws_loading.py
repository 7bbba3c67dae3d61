import threading
import time
from types import ModuleType, SimpleNamespace

import pytest

from seawall_sandbox.aws import schema


def test_a_name_is_awaited_while_another_thread_loads_the_module():
    module = ModuleType("half_made")

    def finish() -> None:
        time.sleep(0.1)
        module.Wanted = str

    thread = threading.Thread(target=finish)
    thread.start()
    assert schema._resolve("half_made.Wanted", SimpleNamespace(half_made=module)) is str
    thread.join()


def test_a_name_that_never_comes_is_an_error(monkeypatch):
    monkeypatch.setattr(schema, "_LOADING_SECONDS", 0.05)
    with pytest.raises(AttributeError, match="Wanted"):
        schema._resolve("Wanted", ModuleType("empty"))
