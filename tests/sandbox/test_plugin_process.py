"""The plugins as the stock engine runs them: executables that print their port."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from seawall_sandbox.wire import to_struct

BIN = Path(__file__).parents[2] / "sandbox" / "bin"


@contextlib.contextmanager
def plugin(package, **environment):
    process = subprocess.Popen(  # noqa: S603  # our own executables
        [BIN / f"pulumi-resource-{package}", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        process.send_signal(2)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def answers(port: int) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        try:
            stub.GetPluginInfo(empty_pb2.Empty(), timeout=1)
        except grpc.RpcError:
            return False
        return True


@pytest.mark.parametrize(
    ("package", "config"),
    [("aws", {"region": "us-east-1"}), ("kubernetes", {"kubeconfig": "{}"}), ("random", {})],
)
def test_each_plugin_serves_and_ends_when_interrupted(package, config, tmp_path):
    # No one listens there: configuring must not need the emulator.
    endpoint = {"SEAWALL_SANDBOX_ENDPOINT": "http://127.0.0.1:1"}
    with plugin(package, SEAWALL_SANDBOX_RENDER_DIR=str(tmp_path), **endpoint) as stub:
        version = stub.GetPluginInfo(empty_pb2.Empty()).version
        assert version.split(".")[0] == {"aws": "7"}.get(package, "4")
        urn = f"urn:pulumi:dev::shop::pulumi:providers:{package}::default"
        checked = stub.CheckConfig(provider_pb2.CheckRequest(urn=urn, news=to_struct(config)))
        assert not checked.failures
        assert stub.Configure(provider_pb2.ConfigureRequest(args=checked.inputs)).supportsPreview


def test_a_plugin_ends_with_an_engine_that_was_killed():
    script = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-m', 'seawall_sandbox.serve', 'random', 'x'],\n"
        "                     stdout=subprocess.PIPE)\n"
        "print(int(p.stdout.readline()), flush=True)\n"
    )
    engine = subprocess.run(  # noqa: S603  # fixed text
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )
    deadline = time.monotonic() + 20
    while answers(int(engine.stdout)):
        assert time.monotonic() < deadline, "the plugin outlives its engine"
        time.sleep(0.1)


def test_an_unknown_package_is_wrong_usage():
    done = subprocess.run(
        [sys.executable, "-m", "seawall_sandbox.serve", "gcp"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "aws, kubernetes, random" in done.stderr
