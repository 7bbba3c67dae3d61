"""The command ``seawall-node``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seawall_node import VERSION, config, host, requests, rotation, units
from seawall_node.aws import Clients
from seawall_node.boot import Boot, Node
from seawall_node.cloud import Cloud
from seawall_node.engine import Engine
from seawall_node.errors import AgentError, RefusedError
from seawall_node.log import Log
from seawall_node.metadata import Metadata
from seawall_node.snapshots import Snapshots
from seawall_node.table import Table
from seawall_node.vault import Vault

DONE, FAILED, REFUSED = 0, 1, 2
_POLL_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 refused or wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except AgentError as error:
        Log()("failed", command=options.command, why=str(error))
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seawall-node", description="The node agent of Seawall.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    add("install", "write the systemd units and start them")
    add("prepare", "before Docker: attach the slot's address and volume, write daemon.json")
    add("boot", "after Docker: bring this node into the swarm; safe at every boot")
    add("watch", "keep this node, and on the leader all nodes, as they should be")
    status = add("status", "show the cluster as this node sees it")
    status.add_argument("--json", action="store_true", help="as one JSON document")
    drain = add("drain", "empty this node without a lost request, and wait until it is")
    drain.add_argument("--minutes", type=float, default=30, help="how long it may take (30)")
    drain.add_argument("--undo", action="store_true", help="let it take tasks again instead")
    rotate = add("rotate", "rotate join tokens, unlock key or certificate authority")
    rotate.add_argument("what", choices=rotation.KINDS)
    add("backup", "back the swarm up, from a manager that does not lead")
    add("backups", "list the backups, the oldest first")
    restore = add("restore", "bring the swarm back here after its quorum is lost for good")
    restore.add_argument("source", help="name of a backup, or own-state for what this manager has")
    add("prune", "remove what no container uses; never volumes")
    add("version", "print the agent's version")
    return parser


def _node() -> tuple[Node, Clients]:
    settings = config.load()
    instance = Metadata().instance()
    clients = Clients(settings.region)
    log = Log(instance=instance.id, slot=settings.slot)
    node = Node(
        config=settings,
        instance=instance,
        engine=Engine(),
        table=Table(clients, settings.table),
        vault=Vault(clients, settings),
        log=log,
    )
    return node, clients


def _install(_: Any) -> None:
    command = f"{sys.executable} {Path(sys.argv[0]).resolve()}"
    for name, text in units.units(command).items():
        host.write(units.DIRECTORY / name, text, mode=0o644)
    host.systemctl("daemon-reload")
    host.systemctl("enable", *units.STARTED)
    # Not waited for: boot waits for other nodes, and whoever calls this should go on.
    host.systemctl("start", "--no-block", *units.STARTED)


def _prepare(_: Any) -> None:
    from seawall_node.prepare import prepare  # noqa: PLC0415  # each command loads what it needs

    node, clients = _node()
    prepare(node, Cloud(clients, node.config.cluster))


def _boot(_: Any) -> None:
    node, _clients = _node()
    Boot(node).run()
    node.log("booted")


def _watch(_: Any) -> None:
    from seawall_node.watch import Watch  # noqa: PLC0415  # see above

    node, clients = _node()
    Watch(node, Cloud(clients, node.config.cluster), Metadata()).run()


def _status(options: Any) -> None:
    from seawall_node.status import status, table  # noqa: PLC0415  # see above

    document = status(_node()[0])
    sys.stdout.write(json.dumps(document, indent=2) if options.json else table(document))
    sys.stdout.write("\n")


def _drain(options: Any) -> None:
    from seawall_node.watch import ask  # noqa: PLC0415  # see above

    node, clients = _node()
    wanted = requests.ACTIVE if options.undo else requests.DRAIN
    request = ask(
        node, Cloud(clients, node.config.cluster), wanted, "command", options.minutes * 60
    )
    while True:
        item = node.table.get(request.item_id)
        if item is None or item["status"] == requests.DONE:
            return
        if time.time() > request.deadline + 60:
            raise AgentError("The leader has not done it in the time given. See its log.")
        time.sleep(_POLL_SECONDS)


def _rotate(options: Any) -> None:
    rotation.rotate(_node()[0], options.what)


def _backup(_: Any) -> None:
    from seawall_node.backup import backup  # noqa: PLC0415  # see above

    node, clients = _node()
    sys.stdout.write(backup(node, Snapshots(clients, node.config.bucket)) + "\n")


def _backups(_: Any) -> None:
    node, clients = _node()
    for name in Snapshots(clients, node.config.bucket).names():
        sys.stdout.write(name + "\n")


def _restore(options: Any) -> None:
    from seawall_node.restore import restore  # noqa: PLC0415  # see above

    node, clients = _node()
    restore(node, Snapshots(clients, node.config.bucket), options.source)


def _prune(_: Any) -> None:
    from seawall_node.prune import prune  # noqa: PLC0415  # see above

    prune(_node()[0])


def _version(_: Any) -> None:
    sys.stdout.write(VERSION + "\n")


_COMMANDS = {
    "install": _install,
    "prepare": _prepare,
    "boot": _boot,
    "watch": _watch,
    "status": _status,
    "drain": _drain,
    "rotate": _rotate,
    "backup": _backup,
    "backups": _backups,
    "restore": _restore,
    "prune": _prune,
    "version": _version,
}
