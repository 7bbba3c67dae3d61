"""Rotate join tokens, the unlock key or the certificate authority, and publish what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from seawall_node.boot import Node as Here
from seawall_node.errors import AgentError, RefusedError
from seawall_node.publish import publish
from seawall_node.swarm import Node

KINDS = ("tokens", "unlock-key", "ca")
_CA_SECONDS = 600.0


def why_not_ca(nodes: Sequence[Node]) -> str | None:
    """Why the certificate authority cannot be rotated now; None when it can."""
    away = sorted(node.hostname or node.id for node in nodes if node.state != "ready")
    if not away:
        return None
    return (
        f"The certificate authority cannot be rotated while {', '.join(away)} is not there: Swarm "
        "waits for every node in the list. Bring it back or remove it first."
    )


def rotate(here: Here, kind: str) -> None:
    """Rotate. Raises ``RefusedError`` when that would do harm now."""
    engine = here.engine
    if not engine.state().control:
        raise RefusedError("Only a manager that has a leader can rotate. Run it on a manager.")
    if kind == "tokens":
        engine.swarm_update(rotateWorkerToken=True, rotateManagerToken=True)
    elif kind == "unlock-key":
        engine.swarm_update(rotateManagerUnlockKey=True)
    elif kind == "ca":
        refusal = why_not_ca(engine.nodes())
        if refusal is not None:
            raise RefusedError(refusal)
        authority: Mapping[str, Any] = engine.swarm()["Spec"].get("CAConfig") or {}
        force = int(authority.get("ForceRotate") or 0) + 1
        engine.swarm_update({"CAConfig": {**authority, "ForceRotate": force}})
        _await_ca(here)
    else:
        raise RefusedError(f"There is no rotation of {kind}. Known: {', '.join(KINDS)}.")
    # If this is cut off, the leader publishes: it compares.
    publish(engine, here.vault, here.log)
    here.log("rotated", what=kind)


def _await_ca(here: Here) -> None:
    deadline = time.monotonic() + _CA_SECONDS
    while here.engine.swarm().get("RootRotationInProgress"):
        if time.monotonic() > deadline:
            raise AgentError(
                f"The rotation of the certificate authority has not ended in {_CA_SECONDS:.0f} s: "
                "a node did not renew its certificate. See `docker node ls --format "
                "'{{.Hostname}} {{.TLSStatus}}'`."
            )
        time.sleep(0.5)
