"""The DynamoDB table of the cluster: its record, the nodes as last seen, requests to the leader.

==================  ==============================================================
item                what
==================  ==============================================================
cluster             the cluster record, see ``record``
node#<instance>     a node as the leader last saw it
slot#<slot>         node id of the manager that is in the list for this slot
removed#<node id>   the node's id was in the list and is no longer
evict#<slot>        a manager with an empty disk asks the leader to remove its predecessor
request#<user id>   a node asks to be drained or paused; by its own ``aws:userid``
order#<kind>        a person or a schedule asks for a rotation or a backup
==================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from seawall_node.aws import Clients, calling
from seawall_node.record import ClusterRecord

Value = Union[str, float, bool, None]
Item = Mapping[str, Any]
_RECORD = "cluster"


class Table:
    """One table. Reads are consistent. Raises ``CloudError``; ``ConflictError`` on a lost race."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self._name = name

    def record(self) -> ClusterRecord | None:
        """The cluster record."""
        item = self.get(_RECORD)
        if item is None:
            return None
        return ClusterRecord(
            phase=item["phase"],
            owner=item["owner"],
            slot=item["slot"],
            lease_expires=item["leaseExpires"],
            version=int(item["version"]),
            created_at=item["createdAt"],
            cluster_id=item.get("clusterId"),
        )

    def create_record(self, record: ClusterRecord) -> None:
        """Write the first record; ``ConflictError`` when there is one."""
        with calling("claim the cluster"):
            self._put(_RECORD, _of_record(record), ConditionExpression="attribute_not_exists(id)")

    def replace_record(self, old: ClusterRecord, new: ClusterRecord) -> None:
        """Write ``new`` if the record is still ``old``; ``ConflictError`` when it is not."""
        condition = "version = :version"
        if old.is_open:
            # The version says so already. That no swarm is ever recorded over another is worth
            # saying twice.
            condition += " AND attribute_not_exists(clusterId)"
        with calling("change the cluster record"):
            self._put(
                _RECORD,
                _of_record(new),
                ConditionExpression=condition,
                ExpressionAttributeValues={":version": _written(old.version)},
            )

    def get(self, item_id: str) -> Item | None:
        """One item."""
        with calling(f"read {item_id}"):
            answer = self._clients("dynamodb").get_item(
                TableName=self._name, Key={"id": {"S": item_id}}, ConsistentRead=True
            )
        found = answer.get("Item")
        return None if found is None else _read(found)

    def put(self, item_id: str, values: Mapping[str, Value]) -> None:
        """Write one item whole."""
        with calling(f"write {item_id}"):
            self._put(item_id, values)

    def delete(self, item_id: str) -> None:
        """Delete one item, if it is there."""
        with calling(f"delete {item_id}"):
            self._clients("dynamodb").delete_item(TableName=self._name, Key={"id": {"S": item_id}})

    def all(self) -> dict[str, Item]:
        """All items but the record, by id."""
        items: dict[str, Item] = {}
        with calling(f"read the table {self._name}"):
            pages = self._clients("dynamodb").get_paginator("scan")
            for page in pages.paginate(TableName=self._name, ConsistentRead=True):
                for found in page["Items"]:
                    item = _read(found)
                    items[str(item["id"])] = item
        items.pop(_RECORD, None)
        return items

    def _put(self, item_id: str, values: Mapping[str, Value], **condition: Any) -> None:
        item = {name: _written(value) for name, value in values.items() if value is not None}
        self._clients("dynamodb").put_item(
            TableName=self._name, Item={"id": {"S": item_id}, **item}, **condition
        )


def _of_record(record: ClusterRecord) -> dict[str, Value]:
    return {
        "phase": record.phase,
        "owner": record.owner,
        "slot": record.slot,
        "leaseExpires": record.lease_expires,
        "version": record.version,
        "createdAt": record.created_at,
        "clusterId": record.cluster_id,
    }


def _written(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": repr(value)}


def _read(item: Mapping[str, Mapping[str, Any]]) -> Item:
    values: dict[str, Any] = {}
    for name, typed in item.items():
        ((kind, value),) = typed.items()
        values[name] = float(value) if kind == "N" else value
    return values
