"""The bed: the network, AWS and the instances, and the hands that plug and pull."""

import atexit
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Self

from bed import aws, firewall, leftovers, metadata, namespaces, shims
from bed.aws import CLUSTER, REGION, Aws, Slot
from bed.disks import Volume
from bed.fabric import ENDPOINT, Fabric
from bed.firewall import Rule
from bed.machine import AWS_PORT, Design, Machine
from bed.proxy import Proxy
from seawall_node.build import build
from seawall_node.swarm import Node
from seawall_sandbox import emulator

_POLL_SECONDS = 0.1
_USER_DATA = """#!/bin/bash
set -euo pipefail
install -d -m 0700 /etc/seawall /opt/seawall
(umask 077; cat > /etc/seawall/node.json <<'EOF'
{node}
EOF
)
python3 - <<'EOF'
import boto3
boto3.client("s3").download_file("{bucket}", "{key}", "/opt/seawall/seawall-node.pyz")
EOF
echo "{sha256}  /opt/seawall/seawall-node.pyz" | sha256sum --check --quiet
python3 /opt/seawall/seawall-node.pyz install
"""


class Bed:
    """One VPC with its instances. Use it as a context: everything ends with it."""

    def __init__(
        self,
        zones: Sequence[str] = aws.ZONES,
        rules: Iterable[Rule] = firewall.SWARM_RULES,
        *,
        workers: bool = True,
        lease_seconds: int = 45,
    ) -> None:
        leftovers.remove()
        self.directory = leftovers.directory()
        self.rules = tuple(rules)
        self._has_workers = workers
        self._lease = lease_seconds
        self._numbers = iter(range(1, 1000))
        self.machines: list[Machine] = []
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._fabric = Fabric()
        atexit.register(self.close)
        shims.write(self.directory / "shims")
        running = emulator.start(self.directory / "emulator", owner_pid=os.getpid())
        self.aws = Aws(running.endpoint, tuple(zones))
        host, _, port = running.endpoint.removeprefix("http://").partition(":")
        self.proxy = Proxy(
            namespaces.listen(self._fabric.pid, ENDPOINT, AWS_PORT), (host, int(port))
        )
        self._agent = build()
        self._key = self.aws.store_agent(self._agent)
        self._volumes = {
            slot.volume: Volume(self.directory, slot.volume) for slot in self.aws.slots.values()
        }
        self._hypervisor = threading.Thread(target=self._plug_for_ever, daemon=True)
        self._hypervisor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # instances

    def launch_manager(self, slot_name: str) -> Machine:
        """Start an instance for a slot, as its autoscaling group does."""
        slot = self.aws.slots[slot_name]
        return self._launch("manager", slot.zone, slot)

    def launch_worker(self, zone: str, user_data: str | None = None) -> Machine:
        """Start a worker in a zone, with other user data than the platform's if it is given."""
        return self._launch("worker", zone, None, user_data)

    def launch(self, managers: Iterable[str], workers: Iterable[str] = ()) -> list[Machine]:
        """Start managers and workers at once."""
        with ThreadPoolExecutor(16) as pool:
            jobs = [pool.submit(self.launch_manager, slot) for slot in managers]
            jobs += [pool.submit(self.launch_worker, zone) for zone in workers]
            return [job.result() for job in jobs]

    def _launch(
        self, role: str, zone: str, slot: Slot | None, user_data: str | None = None
    ) -> Machine:
        with self._lock:
            number = next(self._numbers)
        address = f"10.20.{1 + list(self.aws.subnets).index(zone)}.{100 + number}"
        tags = {"seawall:cluster": CLUSTER, "Name": f"{CLUSTER}-{role}"}
        tags |= {"seawall:pool": "workers"} if slot is None else {"seawall:slot": slot.name}
        instance = self.aws.run_instance(zone, address, tags)
        node = self._node(role, slot)
        user_data = user_data or _USER_DATA.format(
            node=json.dumps(node, indent=1),
            bucket=self.aws.bucket,
            key=self._key,
            sha256=self._agent.sha256,
        )
        design = Design(instance, role, slot.name if slot else None, zone, address, node, user_data)
        machine = Machine(
            design, self._fabric, self.directory / str(number), self.directory / "shims"
        )
        machine.metadata_values.update(
            metadata.values_of(
                instance,
                address,
                REGION + zone,
                f"{CLUSTER}-{role}",
                self.aws.credentials(role, instance),
            )
        )
        with self._lock:
            self.machines.append(machine)
            self._switch_on(machine)
        return machine

    def _node(self, role: str, slot: Slot | None) -> dict[str, Any]:
        return {
            "cluster": CLUSTER,
            "region": REGION,
            "role": role,
            "slot": slot.name if slot else None,
            "slotAddress": slot.address if slot else None,
            "slotInterfaceId": slot.interface if slot else None,
            "slotVolumeId": slot.volume if slot else None,
            "managers": [
                {"slot": each.name, "address": each.address, "zone": REGION + each.zone}
                for each in self.aws.slots.values()
            ],
            "table": self.aws.table,
            "parameters": self.aws.parameters,
            "bucket": self.aws.bucket,
            "registry": f"{aws.ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
            "network": {"addressPools": ["100.64.0.0/12"], "subnetSize": 24, "dataPathPort": 4789},
            "autolock": True,
            "workerCount": self._has_workers,
            "prune": {"enabled": False, "hour": 3},
            "leaseSeconds": self._lease,
            # Containers' control groups are the machine's: below one that is ours.
            "engine": {"cgroup-parent": leftovers.control_group()},
        }

    def stop(self, machine: Machine) -> None:
        """Stop an instance hard; interface, volume and disk stay with it."""
        with self._lock:
            machine.switch_off()
        with suppress(KeyError):
            self._volumes[self._slot_of(machine).volume].detach()

    def start(self, machine: Machine) -> None:
        """Start a stopped instance again."""
        with self._lock:
            self._switch_on(machine)

    def reboot(self, machine: Machine) -> None:
        """Stop and start."""
        self.stop(machine)
        self.start(machine)

    def terminate(self, machine: Machine) -> None:
        """End an instance for good: its slot's interface and volume come free."""
        self.stop(machine)
        self.aws.terminate(machine.id)
        with self._lock:
            self.machines.remove(machine)
        machine.discard()

    def start_over(self) -> None:
        """Terminate all, lose all volumes and forget the swarm."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.terminate, list(self.machines)))
        for slot in self.aws.slots:
            self.erase(slot)
        self.aws.forget()

    def erase(self, slot: str) -> None:
        """Lose the content of a slot's volume, which no instance has."""
        self._volumes[self.aws.slots[slot].volume].erase()

    def cut_zone(self, zone: str, *, off: bool) -> None:
        """Lose a zone's network, or get it back."""
        for machine in self.machines:
            if machine.design.zone == zone and machine.is_on:
                for interface in (0, 1) if machine.design.slot else (0,):
                    self._fabric.cut(machine.port(interface), off=off)

    def _switch_on(self, machine: Machine) -> None:
        machine.switch_on()
        self._enforce()

    def _slot_of(self, machine: Machine) -> Slot:
        return self.aws.slots[machine.design.slot or ""]

    def _enforce(self) -> None:
        """Bring the security groups of all instances up to date: who is in them has changed."""
        addresses: dict[str, list[str]] = {"manager": [], "worker": []}
        for machine in self.machines:
            addresses[machine.design.role].append(machine.design.address)
        addresses["manager"] += [slot.address for slot in self.aws.slots.values()]
        for machine in self.machines:
            if machine.is_on:
                text = firewall.ruleset(machine.design.role, self.rules, addresses)
                firewall.enforce(machine.pid, text)

    def set_rules(self, rules: Iterable[Rule]) -> None:
        """Enforce other rules from now on."""
        with self._lock:
            self.rules = tuple(rules)
            self._enforce()

    def _plug_for_ever(self) -> None:
        """The hypervisor: what EC2 says is attached to an instance is plugged into it."""
        while not self._closed.wait(_POLL_SECONDS):
            with self._lock:
                waiting = [each for each in self.machines if each.is_on and not each.plugged]
            for machine in waiting:
                slot = self._slot_of(machine)
                holders = self.aws.attached(slot)
                with self._lock, suppress(namespaces.CommandError):
                    if holders == (machine.id, machine.id) and machine.is_on:
                        self._volumes[slot.volume].attach(machine.devices)
                        self._fabric.plug(machine.pid, machine.port(1), "eth1", slot.address)
                        machine.plugged = True

    # the swarm

    @property
    def managers(self) -> list[Machine]:
        """The managers that run."""
        return [each for each in self.machines if each.design.role == "manager" and each.is_on]

    @property
    def workers(self) -> list[Machine]:
        """The workers that run."""
        return [each for each in self.machines if each.design.role == "worker" and each.is_on]

    def nodes(self) -> tuple[Node, ...]:
        """The list of nodes, by any manager that has a leader; empty without one."""
        for machine in self.managers:
            with suppress(Exception):
                if machine.engine.state().control:
                    return machine.engine.nodes()
        return ()

    def reachable(self) -> int:
        """How many managers are reachable."""
        return sum(node.reachability == "reachable" for node in self.nodes())

    def leader(self) -> Machine:
        """The machine of the leader."""
        (leader,) = (node for node in self.nodes() if node.leader)
        (machine,) = (each for each in self.managers if each.id == leader.instance)
        return machine

    def await_(self, what: str, look: Callable[[], Any], seconds: float = 60.0) -> Any:
        """What ``look`` gives, once that is true; else an error with all logs."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(Exception):
                if found := look():
                    return found
            time.sleep(0.05)
        logs = "\n".join(machine.logs() for machine in self.machines)
        raise AssertionError(f"{what}: not in {seconds:.0f} s\n{self.nodes()}\n{logs}")

    def is_whole(self) -> bool:
        """Whether each instance that runs is a ready node with its labels, and no other node is."""
        nodes = {node.labels.get("seawall.instance"): node for node in self.nodes()}
        running = {machine.id for machine in self.machines if machine.is_on}
        return (
            nodes.keys() == running == {each.id for each in self.machines}
            and all(node.state == "ready" for node in nodes.values())
            and self.reachable() == len(self.managers)
        )

    def await_whole(self, seconds: float = 120.0) -> None:
        """Until ``is_whole``."""
        self.await_("the whole swarm", self.is_whole, seconds)

    def close(self) -> None:
        """End everything. Safe to call twice, and after a failure."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._hypervisor.join(10)
        self.proxy.close()
        with self._lock, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda machine: machine.switch_off(), self.machines))
        self._fabric.close()
        for volume in self._volumes.values():
            with suppress(namespaces.CommandError):
                volume.detach()
        emulator.stop(self.directory / "emulator")
        leftovers.clear(self.directory)
        atexit.unregister(self.close)
