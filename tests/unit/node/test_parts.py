"""The small parts of the agent."""

import ast
import datetime as dt
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import manager, worker

import seawall_node
from seawall_node import (
    backup,
    build,
    config,
    identity,
    prepare,
    requests,
    restore,
    rotation,
    snapshots,
    units,
    upkeep,
)
from seawall_node.cloud import Attachment
from seawall_node.config import Prune
from seawall_node.errors import AgentError, ConfigError
from seawall_node.log import Log
from seawall_node.record import INITIALISED, RESTORING, ClusterRecord
from seawall_node.snapshots import Snapshot
from seawall_node.swarm import SwarmState

PACKAGE = Path(seawall_node.__file__).parent
TOKEN = "SWMTKN-1-49nj1cmql0jkz5s954yi3oex3nedyz0fb0xx14ie39trti4wxv-8vxv8rssmk743ojnwacrr2e7c"

NODE = {
    "cluster": "shop",
    "region": "us-east-1",
    "role": "manager",
    "slot": "1a",
    "slotAddress": "10.20.1.10",
    "slotInterfaceId": "eni-1",
    "slotVolumeId": "vol-1",
    "managers": [{"slot": "1a", "address": "10.20.1.10", "zone": "us-east-1a"}],
    "table": "shop-swarm",
    "parameters": "/shop/swarm",
    "bucket": "shop-swarm-123456789012-us-east-1",
    "registry": "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "network": {"addressPools": ["100.64.0.0/12"], "subnetSize": 24, "dataPathPort": 4789},
    "autolock": True,
    "workerCount": True,
    "prune": {"enabled": True, "hour": 3},
}


class TestConfig:
    def test_all_of_it(self):
        read = config.parse(NODE)
        assert (read.slot, read.is_manager, read.lease_seconds) == ("1a", True, 45)
        assert read.unlock_secret == "shop-swarm-unlock-key"
        assert read.token_parameter("worker") == "/shop/swarm/join-token/worker"

    @pytest.mark.parametrize("key", [key for key in NODE if not key.startswith("slot")])
    def test_a_missing_key_is_named(self, key):
        document = {name: value for name, value in NODE.items() if name != key}
        with pytest.raises(ConfigError, match=key):
            config.parse(document)

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"role": "master"}, "role"),
            ({"autolock": "yes"}, "autolock"),
            ({"prune": {"enabled": True, "hour": True}}, "hour"),
            ({"network": {"addressPools": [1], "subnetSize": 24, "dataPathPort": 4789}}, "Pools"),
            ({"managers": ["1a"]}, r"managers\[0\]"),
            ({"slotAddress": None}, "slotAddress"),
        ],
    )
    def test_a_wrong_value_is_named(self, change, named):
        with pytest.raises(ConfigError, match=named):
            config.parse({**NODE, **change})

    def test_no_file(self, tmp_path):
        with pytest.raises(ConfigError, match="user data"):
            config.load(tmp_path / "node.json")


class TestIdentity:
    @staticmethod
    def certificate(subject, issuer=None):
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        ca = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "swarm-ca")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer or ca)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + dt.timedelta(days=90))
            .sign(key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    SUBJECT = (
        (x509.NameOID.ORGANIZATION_NAME, "clusterid"),
        (x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "swarm-manager"),
        (x509.NameOID.COMMON_NAME, "nodeid"),
    )

    def test_of_a_node(self):
        found = identity.parse(self.certificate(self.SUBJECT))
        assert found == identity.Identity("clusterid", "nodeid", "manager")

    def test_the_subject_counts_not_the_issuer(self):
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "authority")])
        own = self.certificate(self.SUBJECT, issuer)
        authority = self.certificate(((x509.NameOID.ORGANIZATION_NAME, "authority"),))
        assert identity.parse(own + authority).cluster_id == "clusterid"

    def test_none_of_another_make_or_broken(self, tmp_path):
        assert identity.parse(self.certificate(self.SUBJECT[:1])) is None
        assert identity.parse(b"nothing") is None
        good = self.certificate(self.SUBJECT)
        assert identity.parse(good.replace(b"MII", b"MIB", 1)) is None
        assert identity.read(tmp_path / "none.crt") is None


class TestLog:
    def test_a_line_is_json_and_has_no_secret(self):
        lines = []
        log = Log(lines.append, instance="i-1", slot=None)
        log("join", message=f"invalid token {TOKEN} or SWMKEY-1-AbC+d/0, no")
        (line,) = map(json.loads, lines)
        assert line["event"] == "join"
        assert line["message"] == "invalid token SWMTKN-*** or SWMKEY-***, no"
        assert "slot" not in line


class TestPrepare:
    @pytest.mark.parametrize(
        ("attachment", "step"),
        [
            (Attachment(None, "detached"), prepare.Attach()),
            (Attachment("i-me", "attached"), prepare.Ready()),
            (Attachment("i-me", "attaching"), prepare.Ready()),
            (Attachment("i-other", "attached"), prepare.Held("i-other")),
            (Attachment("i-other", "detaching"), prepare.Held("i-other")),
        ],
    )
    def test_what_another_has_is_not_taken(self, attachment, step):
        assert prepare.decide(attachment, "i-me") == step

    def test_the_engine_says_its_instance(self):
        read = config.parse({**NODE, "engine": {"labels": ["a=b", "seawall.instance=forged"]}})
        settings = prepare.daemon_settings(read, "i-me")
        assert settings["labels"] == ["a=b", "seawall.instance=i-me"]
        assert settings["live-restore"] is False


class TestUpkeep:
    @pytest.mark.parametrize(
        ("used", "paused", "warn", "wanted"),
        [
            (79, False, False, None),
            (80, False, True, None),
            (95, False, True, "pause"),
            (90, True, True, None),
            (84, True, True, "active"),
        ],
    )
    def test_disk(self, used, paused, warn, wanted):
        assert upkeep.disk(used, paused=paused) == upkeep.DiskState(warn, wanted)

    def test_prune_once_a_day_in_its_hour(self):
        settings = Prune(enabled=True, hour=3)

        def due(hour, minute, last=None, settings=settings):
            now = dt.datetime(2026, 5, 4, hour, minute, tzinfo=dt.UTC)
            return upkeep.prune_due(settings, "i-1", now, last)

        assert due(3, 59)
        assert due(3, 59, "2026-05-03")
        assert not due(3, 59, "2026-05-04")
        assert not due(2, 59)
        assert not due(4, 0)
        assert not due(3, 59, settings=Prune(enabled=False, hour=3))

    def test_volumes_are_never_pruned(self):
        assert "volumes" not in upkeep.PRUNE_FILTERS


class TestBackup:
    THREE = tuple(manager(f"m{n}", address=f"10.0.{n}.10") for n in (1, 2, 3))

    def test_from_one_that_does_not_lead(self):
        assert backup.why_not(self.THREE, "m1") is None

    def test_not_from_the_leader(self):
        leader = manager("m1", leader=True)
        assert "leader" in backup.why_not((leader, *self.THREE[1:]), "m1")

    def test_not_when_the_quorum_would_be_lost(self):
        values = {**vars(self.THREE[2]), "reachability": "unreachable"}
        away = type(self.THREE[2])(**values)
        assert "quorum" in backup.why_not((*self.THREE[:2], away), "m1")

    def test_from_the_only_one(self):
        assert backup.why_not((manager("m1", leader=True), worker()), "m1") is None


class TestRestore:
    RECORD = ClusterRecord(INITIALISED, "i-1", "1a", 0, 5, 0, "cluster")
    LOST = SwarmState("active", "n", "", control=False)

    def why_not(self, swarm=LOST, record=RECORD, snapshot=None, me="i-1"):
        return restore.why_not(swarm, record, snapshot, me, 100.0)

    def test_when_the_quorum_is_lost(self):
        assert self.why_not() is None

    def test_not_while_there_is_a_leader(self):
        assert "quorum is not lost" in self.why_not(SwarmState("active", control=True))

    def test_not_when_there_never_was_a_swarm(self):
        assert self.why_not(record=None)

    def test_one_manager_at_a_time_which_may_go_on(self):
        under_way = ClusterRecord(RESTORING, "i-2", "1b", 200, 6, 0, "cluster")
        assert "i-2" in self.why_not(record=under_way)
        assert self.why_not(record=under_way, me="i-2") is None
        leads = SwarmState("active", control=True)
        assert self.why_not(leads, record=under_way, me="i-2") is None

    def test_not_from_a_backup_of_another_swarm(self):
        other = Snapshot("n", "another", "n", "1a", "10.0.1.10", "20.10", 0, 3, "00", None)
        assert "another" in self.why_not(snapshot=other)

    def test_every_other_manager_is_removed(self):
        nodes = [manager("m1"), manager("m2", state="down"), worker()]
        assert [node.id for node in restore.others(nodes, "m1")] == ["m2"]


class TestSnapshots:
    def test_what_is_packed_is_unpacked(self, tmp_path):
        source, target = tmp_path / "a", tmp_path / "b"
        (source / "raft").mkdir(parents=True)
        (source / "lost+found").mkdir()
        (source / "raft" / "wal").write_bytes(b"\0\1")
        (source / "docker-state.json").write_text("{}")
        target.mkdir()
        snapshots.pack(source, tmp_path / "x.tar.gz")
        snapshots.unpack(tmp_path / "x.tar.gz", target)
        names = sorted(each.relative_to(target).as_posix() for each in target.rglob("*"))
        assert names == ["docker-state.json", "raft", "raft/wal"]

    @pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x"])
    def test_an_archive_that_reaches_out_is_refused(self, tmp_path, name):
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
        with pytest.raises(AgentError, match="no backup of ours"):
            snapshots.unpack(tmp_path / "x.tar.gz", tmp_path)

    def test_a_link_is_refused(self, tmp_path):
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc"
            tar.addfile(link)
        with pytest.raises(AgentError):
            snapshots.unpack(tmp_path / "x.tar.gz", tmp_path)


class TestRequests:
    def test_the_instance_comes_from_the_key_that_iam_guards(self):
        item = {"wanted": "drain", "begun": 1.0, "deadline": 2.0, "instance": "i-forged"}
        found = requests.parse("request#AROAEXAMPLE:i-0123", item)
        assert (found.instance, found.wanted) == ("i-0123", "drain")

    @pytest.mark.parametrize(
        ("name", "item"),
        [
            ("node#AROAEXAMPLE:i-0123", {"wanted": "drain"}),
            ("request#AIDAEXAMPLE", {"wanted": "drain"}),
            ("request#AROAEXAMPLE:i-0123", {"wanted": "reboot"}),
        ],
    )
    def test_anything_else_is_none(self, name, item):
        assert requests.parse(name, item) is None


def test_the_authority_is_not_rotated_while_a_node_is_away():
    assert rotation.why_not_ca([manager(), worker()]) is None
    assert "w1" in rotation.why_not_ca([manager(), worker(state="down")])


class TestArchive:
    def test_it_is_the_same_each_time(self):
        assert build.build() == build.build()

    def test_it_runs_alone(self, tmp_path):
        agent = build.build()
        path = tmp_path / agent.name
        path.write_bytes(agent.content)
        command = [sys.executable, "-I", "-S", path, "version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        assert done.stdout.strip() == seawall_node.VERSION

    def test_it_holds_the_whole_package(self):
        names = zipfile.ZipFile(io.BytesIO(build.build().content)).namelist()
        assert {Path(name).name for name in names} == {path.name for path in PACKAGE.rglob("*.py")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_the_syntax_is_that_of_python_3_9(path):
    ast.parse(path.read_text(), feature_version=(3, 9))


def test_docker_starts_after_prepare_and_the_agent_survives_its_stop():
    written = units.units("/usr/bin/python3 /opt/seawall/agent.pyz")
    assert f"After={units.PREPARE}" in written["docker.service.d/seawall.conf"]
    assert "ExecStart=/usr/bin/python3 /opt/seawall/agent.pyz watch" in written[units.WATCH]
    assert not any("Requires=docker" in text for text in written.values())


def test_a_manager_without_a_leader_does_not_answer_for_the_swarm():
    swarm = {
        "NodeID": "n", "LocalNodeState": "active", "ControlAvailable": True,
        "Error": "The swarm does not have a leader.", "Cluster": {"ID": ""},
    }  # fmt: skip
    assert not SwarmState.of({"Swarm": swarm}).control
    assert SwarmState.of({"Swarm": {**swarm, "Cluster": {"ID": "c"}}}).control
    assert SwarmState.of({"Swarm": {"LocalNodeState": "inactive"}}) == SwarmState("inactive")
