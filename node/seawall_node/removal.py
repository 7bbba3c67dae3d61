"""Take a node off the list. A manager is demoted first and waited for."""

from __future__ import annotations

import time

from seawall_node.boot import Node as Here
from seawall_node.errors import AgentError
from seawall_node.swarm import Node

_DEMOTION_SECONDS = 60.0


def remove(here: Here, node: Node, *, force: bool = False) -> None:
    """Remove ``node``; with ``force`` one that is there. Swarm guards its quorum itself."""
    engine = here.engine
    if node.is_member:
        engine.node_update(node.id, role="worker")
        deadline = time.monotonic() + _DEMOTION_SECONDS
        # Demotion is asynchronous: as long as the node is a raft member it cannot be removed.
        while engine.node(node.id).reachability:
            if time.monotonic() > deadline:
                raise AgentError(
                    f"The manager {node.id} was demoted, but is still a member of the quorum after "
                    f"{_DEMOTION_SECONDS:.0f} s. It is tried again."
                )
            time.sleep(0.2)
    engine.node_remove(node.id, force=force)
