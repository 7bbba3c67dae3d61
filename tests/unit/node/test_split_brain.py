"""Three managers boot at once, a hundred times: there is one swarm, whoever dies when.

The agent's own loop runs in three threads, against a table with DynamoDB's guarantees and engines
in memory. Each thread stops at random moments; some are killed for good, or killed and booted again
with the disk they had, at each step between the claim and the end.
"""

import itertools
import random
import threading
import time
from dataclasses import replace
from typing import ClassVar

import pytest
from fakes import Disk, FakeTable, Lines

from seawall_node import bootstrap, host, identity
from seawall_node.boot import Boot, Node
from seawall_node.config import parse
from seawall_node.errors import AgentError, EngineError
from seawall_node.identity import Identity
from seawall_node.metadata import Instance
from seawall_node.swarm import SwarmState

SLOTS = ("1a", "1b", "1c")
LEASE = 0.05


class Killed(BaseException):
    """The power went off. Not an ``Exception``: nothing handles it."""


class World:
    """What the nodes share: the table, the vault, and who listens where."""

    def __init__(self, seed: int) -> None:
        self.table = FakeTable()
        self.random = random.Random(seed)  # noqa: S311  # interleavings, no secrets
        self.names = itertools.count()
        self.lock = threading.Lock()
        self.swarms: dict[str, set[str]] = {}
        self.tokens: dict[str, str] = {}
        self.keys: list[str] = []
        self.listening: dict[str, str] = {}
        self.disks = {slot: Disk() for slot in SLOTS}

    def pause(self) -> None:
        with self.lock:
            wait = self.random.choice((0, 0, 0.0005, 0.002))
        if wait:
            time.sleep(wait)


class FakeEngine:
    """One engine: its state is on the disk, so that a restart finds it locked."""

    def __init__(self, world: World, slot: str) -> None:
        self.world, self.slot = world, slot
        self.disk = world.disks[slot]
        self.unlocked = False

    def state(self):
        self.world.pause()
        mine = self.disk.identity
        if mine is None:
            return SwarmState("inactive")
        if self.disk.locked_with is not None and not self.unlocked:
            return SwarmState("locked")
        return SwarmState("active", mine.node_id, mine.cluster_id, control=True)

    def swarm_init(self, **request):
        self.world.pause()
        with self.world.lock:
            name = f"cluster-{next(self.world.names)}"
            self.world.swarms[name] = {self.slot}
            self.world.listening[self.slot] = name
        self.disk.identity = Identity(name, f"node-{self.slot}", "manager")
        self.disk.locked_with = f"key-of-{name}"
        self.unlocked = True
        assert request["Spec"]["EncryptionConfig"]["AutoLockManagers"]

    def swarm(self):
        name = self.disk.identity.cluster_id
        return {
            "ID": name,
            "Spec": {"EncryptionConfig": {"AutoLockManagers": True}},
            "JoinTokens": {"Manager": f"token-of-{name}", "Worker": f"worker-token-of-{name}"},
        }

    def unlock_key(self):
        return self.disk.locked_with

    def swarm_unlock(self, key):
        if key != self.disk.locked_with:
            raise EngineError("invalid key")
        self.unlocked = True
        self.world.listening[self.slot] = self.disk.identity.cluster_id

    def swarm_join(self, *, RemoteAddrs, JoinToken, **_):  # noqa: N803  # Docker's names
        self.world.pause()
        with self.world.lock:
            name = self.world.listening.get(RemoteAddrs[0].partition(":")[0])
            if name is None or JoinToken != f"token-of-{name}":
                raise EngineError("refused")
            self.world.swarms[name].add(self.slot)
            self.world.listening[self.slot] = name
        self.disk.identity = Identity(name, f"node-{self.slot}", "manager")
        self.disk.locked_with = f"key-of-{name}"
        self.unlocked = True

    def swarm_leave(self):
        with self.world.lock:
            self.world.swarms[self.disk.identity.cluster_id].discard(self.slot)
            self.world.listening.pop(self.slot, None)
        self.disk.identity = self.disk.locked_with = self.disk.attempt = None
        self.unlocked = False


class FakeVault:
    def __init__(self, world: World) -> None:
        self.world = world

    def token(self, role):
        return self.world.tokens.get(role)

    def publish_token(self, role, token):
        self.world.pause()
        changed = self.world.tokens.get(role) != token
        self.world.tokens[role] = token
        return changed

    def unlock_keys(self):
        return list(reversed(self.world.keys))[:2]

    def publish_unlock_key(self, key):
        self.world.pause()
        self.world.keys.append(key)
        return True


def configuration(slot):
    return parse(
        {
            "cluster": "shop",
            "region": "us-east-1",
            "role": "manager",
            "slot": slot,
            "slotAddress": slot,
            "managers": [{"slot": each, "address": each, "zone": each} for each in SLOTS],
            "table": "t",
            "parameters": "/shop/swarm",
            "bucket": "b",
            "registry": "r",
            "network": {"addressPools": ["100.64.0.0/12"], "subnetSize": 24, "dataPathPort": 4789},
            "autolock": True,
            "workerCount": True,
            "prune": {"enabled": False, "hour": 3},
        }
    )


local = threading.local()


@pytest.fixture
def in_memory(monkeypatch):
    """The host's part of ``boot`` from the thread's own world."""
    monkeypatch.setattr(host, "attempt", lambda: local.disk.attempt)
    monkeypatch.setattr(host, "note_attempt", lambda noted: setattr(local.disk, "attempt", noted))
    monkeypatch.setattr(identity, "read", lambda *_: local.disk.identity)
    monkeypatch.setattr(
        host, "answering", lambda hosts, _: tuple(h for h in hosts if h in local.world.listening)
    )


def boot(world, slot, instance, kill_at=None):
    """One boot of one instance, killed before it does the step ``kill_at``, or after it.

    Returns the step at which it was killed, or None.
    """
    local.world, local.disk = world, world.disks[slot]
    node = Node(
        config=replace(configuration(slot), lease_seconds=LEASE),
        instance=Instance(instance, slot, slot),
        engine=FakeEngine(world, slot),
        table=world.table,
        vault=FakeVault(world),
        log=Lines(),
    )
    machine = Boot(node)
    perform = machine._perform

    def cut_off(step):
        if kill_at is not None and type(step).__name__ == kill_at[0]:
            if kill_at[1] == "during":
                # Between the publication of the key and the record: where it is most dangerous.
                node.vault.publish_unlock_key(node.engine.unlock_key())
            if kill_at[1] == "after":
                perform(step)
            world.listening.pop(slot, None)
            raise Killed
        perform(step)

    machine._perform = cut_off
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            world.pause()
            if isinstance(machine.step(), bootstrap.Done):
                return
        except Killed:
            return
        except AgentError:
            continue
    raise AssertionError(f"{slot} did not arrive: {node.log.events()}")


def run(jobs):
    errors = []

    def guarded(job):
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # told to the test below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors, errors


def check_one_swarm(world, members):
    assert len(world.table.cluster_ids) == 1, world.table.cluster_ids
    (cluster_id,) = world.table.cluster_ids
    assert world.table.record().cluster_id == cluster_id
    assert {world.disks[slot].identity.cluster_id for slot in members} == {cluster_id}
    assert world.tokens["manager"] == f"token-of-{cluster_id}"
    assert f"key-of-{cluster_id}" in FakeVault(world).unlock_keys()


@pytest.mark.parametrize("seed", range(100))
def test_three_first_boots_at_once_make_one_swarm(in_memory, seed):
    del in_memory
    world = World(seed)
    run([lambda slot=slot: boot(world, slot, f"i-{slot}") for slot in SLOTS])
    check_one_swarm(world, SLOTS)
    assert world.swarms[world.table.cluster_ids[0]] == set(SLOTS)


STEPS = [
    (step, when)
    for step in ("Claim", "Initialise", "Publish", "Complete")
    for when in ("before", "during", "after")
    if when != "during" or step == "Publish"
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("comes_back", [True, False], ids=["back", "gone"])
@pytest.mark.parametrize("kill_at", STEPS, ids="-".join)
def test_whoever_dies_at_whatever_step_there_is_one_swarm(in_memory, kill_at, comes_back, seed):
    del in_memory
    world = World(seed)
    victim = SLOTS[seed % 3]

    def die_and_return():
        boot(world, victim, "i-victim", kill_at)
        if comes_back:
            time.sleep(world.random.choice((0, 2 * LEASE)))
            boot(world, victim, "i-victim")

    survivors = [slot for slot in SLOTS if slot != victim]
    recorded_before_death = kill_at in {("Publish", "after"), ("Complete", "before")}
    jobs = [die_and_return]
    if comes_back or not recorded_before_death:
        # With the swarm recorded and its only manager gone for good there is nothing to join: that
        # is for a restore to mend, see the test below.
        jobs += [lambda slot=slot: boot(world, slot, f"i-{slot}") for slot in survivors]
    run(jobs)
    assert len(world.table.cluster_ids) == 1
    if len(jobs) > 1:
        check_one_swarm(world, SLOTS if comes_back else survivors)


def test_a_swarm_whose_only_manager_is_gone_is_never_made_again(in_memory):
    del in_memory
    world = World(1)
    boot(world, "1a", "i-1a", ("Publish", "after"))
    for slot in ("1b", "1c"):
        local.world, local.disk = world, world.disks[slot]
        node = Node(
            configuration(slot), Instance(f"i-{slot}", slot, slot), FakeEngine(world, slot),
            world.table, FakeVault(world), Lines(),
        )  # fmt: skip
        for _ in range(3):
            assert isinstance(
                Boot(node, clock=lambda: time.time() + 1e6).step(), bootstrap.JoinSwarm
            )
    assert len(world.swarms) == 1


def test_the_tests_see_it_when_there_are_two_swarms(in_memory):
    """With a table that each manager has for itself, each makes a swarm of its own."""
    del in_memory
    world = World(1)

    class TableOfOne(FakeTable):
        tables: ClassVar = {}

        def __getattribute__(self, name):
            tables = object.__getattribute__(self, "tables")
            mine = tables.setdefault(threading.get_ident(), FakeTable())
            return getattr(mine, name)

    world.table = TableOfOne()
    run([lambda slot=slot: boot(world, slot, f"i-{slot}") for slot in SLOTS])
    assert len(world.swarms) == 3
    with pytest.raises(AssertionError):
        check_one_swarm(world, SLOTS)
