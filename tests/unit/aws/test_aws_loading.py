import subprocess
import sys
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


def test_a_schema_that_comes_before_the_program_leaves_the_sdk_whole():
    program = (
        "from seawall_sandbox.aws.schema import function_schema, resource_schema\n"
        "resource_schema('aws:ecr/repository:Repository')\n"
        "function_schema('aws:ec2/getVpc:getVpc')\n"
        "import pulumi_aws as aws\n"
        "print(aws.ecr.Repository.__name__, aws.ec2.Vpc.__name__)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.stdout == "Repository Vpc\n", done.stderr
