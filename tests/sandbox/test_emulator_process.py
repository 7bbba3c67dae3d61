"""Starting, finding and stopping the emulator; what it leaves behind: nothing."""

import concurrent.futures
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config

from seawall_sandbox import emulator
from seawall_sandbox.emulator import process, record

pytestmark = pytest.mark.emulator


@pytest.fixture
def state_dir(tmp_path):
    directory = tmp_path / "state"
    yield directory
    emulator.stop(directory)


def answers(endpoint: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def client(service: str, endpoint: str):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, proxies={}),
    )


def listening(pid: int) -> set[str]:
    """Where a process listens, from Linux's own tables: each "address:port" in hexadecimal."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (fields[3] == "0A" or table.startswith("udp")):
                found.add(fields[1])
    return found


def test_it_starts_once_is_found_again_and_stops(state_dir):
    first = emulator.start(state_dir)
    again = emulator.start(state_dir)
    assert first.started
    assert not again.started
    assert (again.endpoint, again.instance_id, again.pids) == (
        first.endpoint,
        first.instance_id,
        first.pids,
    )
    assert emulator.status(state_dir) == again
    assert emulator.stop(state_dir)
    assert emulator.status(state_dir) is None
    assert not emulator.stop(state_dir)
    wait_until(lambda: not answers(first.endpoint))
    assert emulator.start(state_dir).instance_id != first.instance_id


def test_two_starters_at_once_get_the_same_one(state_dir):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: emulator.start(state_dir), range(3)))
    assert len({one.pids for one in found}) == 1
    assert [one.started for one in found].count(True) == 1


def test_files_are_private_and_ignored_by_git(state_dir):
    emulator.start(state_dir)
    assert (state_dir / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    for name in ("emulator.json", "emulator.log"):
        assert stat.S_IMODE((state_dir / name).stat().st_mode) == 0o600


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="needs Linux's /proc")
def test_it_listens_on_one_loopback_port_alone_also_after_both_emulators_worked(state_dir):
    running = emulator.start(state_dir)
    client("ec2", running.endpoint).describe_vpcs()
    client("eks", running.endpoint).list_clusters()
    port = int(running.endpoint.rpartition(":")[2])
    assert listening(running.pids[0]) == {f"0100007F:{port:04X}"}


def test_it_ends_when_its_state_directory_is_deleted(state_dir):
    running = emulator.start(state_dir)
    shutil.rmtree(state_dir)
    wait_until(lambda: not answers(running.endpoint))


def test_it_ends_when_its_owner_is_killed(state_dir):
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        running = emulator.start(state_dir, owner_pid=owner.pid)
        assert answers(running.endpoint)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    wait_until(lambda: not answers(running.endpoint))


def test_a_record_of_somebody_elses_process_is_not_believed(state_dir):
    other = emulator.start(state_dir / "other")
    state_dir.mkdir(exist_ok=True)
    theirs = record.read(state_dir / "other")
    forged = record.Record(theirs.pid, theirs.port, "0" * 32, theirs.started, theirs.versions)
    record.write(state_dir, forged)
    assert emulator.status(state_dir) is None
    assert not emulator.stop(state_dir)
    assert answers(other.endpoint)
    emulator.stop(state_dir / "other")


def test_an_emulator_that_is_slow_to_answer_is_not_taken_for_gone(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        busy = record.Record(os.getpid(), port, "a" * 32, "2026-11-22T19:00:00+00:00", {})
        record.write(tmp_path, busy)

        def answer_late():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                time.sleep(2.5)
                body = record.path(tmp_path).read_bytes()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(answer_late)
            assert emulator.status(tmp_path).instance_id == busy.instance_id


def test_a_stop_without_the_instance_id_is_refused(emulator):
    response = requests.post(f"{emulator.endpoint}/_seawall/stop", timeout=5)
    assert response.status_code == 403
    assert answers(emulator.endpoint)


def test_a_start_that_fails_shows_the_end_of_the_log(state_dir, monkeypatch):
    monkeypatch.setattr(process, "_MODULE", "seawall_sandbox.no_such_module")
    with pytest.raises(emulator.EmulatorError, match="No module named") as caught:
        emulator.start(state_dir)
    assert "emulator.log" in str(caught.value)


def test_moto_and_ministack_share_the_endpoint_and_the_account(emulator):
    identity = client("sts", emulator.endpoint).get_caller_identity()
    eks = client("eks", emulator.endpoint)
    role = f"arn:aws:iam::{identity['Account']}:role/team/cluster"
    cluster = eks.create_cluster(
        name="one-account", roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]}
    )["cluster"]
    try:
        assert cluster["arn"] == (
            f"arn:aws:eks:eu-central-1:{identity['Account']}:cluster/one-account"
        )
        eks.create_access_entry(clusterName="one-account", principalArn=role)
        described = eks.describe_access_entry(clusterName="one-account", principalArn=role)
        assert described["accessEntry"]["principalArn"] == role
        assert eks.create_addon(clusterName="one-account", addonName="vpc-cni")["addon"]
    finally:
        eks.delete_cluster(name="one-account")


def test_many_requests_at_once_are_answered(emulator):
    ec2 = client("ec2", emulator.endpoint)
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]

    def work(index):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.99.{index}.0/24")["Subnet"]
        ec2.describe_subnets()
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])

    try:
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            list(pool.map(work, range(40)))
    finally:
        ec2.delete_vpc(VpcId=vpc)


def test_what_moto_lacks_is_said_once_and_clearly(emulator):
    ec2 = client("ec2", emulator.endpoint)
    with pytest.raises(ec2.exceptions.ClientError) as caught:
        ec2.describe_reserved_instances_modifications()
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "DescribeReservedInstancesModifications of ec2" in str(caught.value)
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_the_recorded_store_answers_over_http(emulator):
    base = f"{emulator.endpoint}/_seawall/recorded"
    item = f"{base}/aws%3Aecr%2FpullThroughCacheRule%3APullThroughCacheRule/docker%2Fhub"

    def call(method, url, body=None):
        response = requests.request(method, url, json=body, timeout=5)
        return response.status_code, response.json() if response.content else None

    assert call("PUT", item, {"a": 1}) == (201, {"a": 1})
    assert call("PUT", item, {"a": 2}) == (200, {"a": 2})
    assert call("GET", item) == (200, {"a": 2})
    kind = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
    assert call("GET", base) == (200, {kind: {"docker/hub": {"a": 2}}})
    assert call("DELETE", item) == (204, None)
    assert call("GET", base) == (200, {})
