"""The sandbox stays flat while a stack comes and goes, and the measurement tells when it does not.

The long run is ``make bench-cycles``: 200 times, with memory.
"""

import sys
from contextlib import ExitStack

import platforms
import pytest
from benchmarks.cycles import growth, sampled, up_and_down

from seawall_sandbox import emulator as aws_emulator

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has"),
]


def test_a_platform_that_comes_and_goes_leaves_nothing_behind(tmp_path):
    def cycle():
        up_and_down(platforms.ROOT, "local", tmp_path)

    with platforms.own_emulator(tmp_path):
        running = aws_emulator.start(tmp_path)
        assert growth(list(sampled(cycle, running, tmp_path, 5, 1))) == []
        assert platforms.leftovers(running.endpoint) == {}


def objects(_, held, __):
    held.callback(list, [[] for _ in range(500)])


def file(path, held, _):
    held.enter_context(path.open())


def vpc(_, __, endpoint):
    platforms.client("ec2", endpoint).create_vpc(CidrBlock="10.1.0.0/16")


def cluster(_, __, endpoint):
    eks = platforms.client("eks", endpoint)
    name = f"c{len(eks.list_clusters()['clusters'])}"
    role = "arn:aws:iam::123456789012:role/r"
    eks.create_cluster(name=name, roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]})


def state(path, _, __):
    path.write_bytes(path.read_bytes() + bytes(5000))


@pytest.mark.parametrize(
    ("leak", "told"),
    [
        (objects, "The sandbox's objects grow by 5"),
        (file, "The sandbox's open files grew"),
        (vpc, "The emulator keeps ec2.VPC"),
        (cluster, "The emulator keeps eks.clusters"),
        (state, "The state directory's files grow by 5"),
    ],
)
def test_what_is_left_behind_is_told(tmp_path, leak, told):
    path = tmp_path / "file"
    path.touch()
    with platforms.own_emulator(tmp_path), ExitStack() as held:
        running = aws_emulator.start(tmp_path)
        samples = list(sampled(lambda: leak(path, held, running.endpoint), running, tmp_path, 6, 1))
    assert any(line.startswith(told) for line in growth(samples)), growth(samples)
