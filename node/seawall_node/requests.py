"""A node's request to the leader, in the table.

A worker may write one item only: its key is the caller's own ``aws:userid``, which IAM enforces
(condition ``dynamodb:LeadingKeys``). For an instance that is the role's id and the instance's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seawall_node.drain import Request

PREFIX = "request#"
DRAIN, PAUSE, ACTIVE = "drain", "pause", "active"
WANTED = (DRAIN, PAUSE, ACTIVE)
DONE = "done"


@dataclass(frozen=True)
class NodeRequest:
    """What a node asks for, and how far it is."""

    item_id: str
    instance: str
    wanted: str
    reason: str
    begun: float
    deadline: float
    status: str

    @property
    def drain(self) -> Request:
        """As the drain has it."""
        return Request(self.instance, self.begun, self.deadline)

    def item(self, status: str) -> dict[str, Any]:
        """The item with another status."""
        return {
            "wanted": self.wanted,
            "reason": self.reason,
            "begun": self.begun,
            "deadline": self.deadline,
            "status": status,
        }


def item_id(user_id: str) -> str:
    """The key of the caller's request."""
    return PREFIX + user_id


def parse(name: str, item: Mapping[str, Any]) -> NodeRequest | None:
    """The request in an item; None when it is none. The instance comes from the key alone."""
    _, separator, instance = name[len(PREFIX) :].rpartition(":")
    if not name.startswith(PREFIX) or not separator or item.get("wanted") not in WANTED:
        return None
    return NodeRequest(
        item_id=name,
        instance=instance,
        wanted=str(item["wanted"]),
        reason=str(item.get("reason", "")),
        begun=float(item.get("begun", 0)),
        deadline=float(item.get("deadline", 0)),
        status=str(item.get("status", "")),
    )
