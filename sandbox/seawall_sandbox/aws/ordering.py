"""The order in which the real provider tells the items of a set.

Terraform keeps a set by its items' checksums and tells it in the order of these, written as texts:
https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/schema/set.go. Here for sets of
texts, and for those objects whose type says what the checksum is made of; other sets stay as they
are.
"""

import zlib
from typing import Any, cast

from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.values import Value


def in_order(type_: ResourceType, of: Type, value: Value, place: str) -> Value:
    """A value with every set of texts in it in the real provider's order."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if place in type_.sets and all(isinstance(item, str) for item in items):
            end = "" if place in type_.plainly_hashed else ";"
            return sorted(items, key=lambda item: _checksum(item + end))
        texts = [_text_of(type_, place, item) for item in items]
        if place in type_.sets and all(text is not None for text in texts):
            pairs = sorted(zip(map(str, texts), items, strict=True), key=lambda p: _checksum(p[0]))
            items = [item for _, item in pairs]
        element = of.element or Type("any")
        return [in_order(type_, element, item, place) for item in items]
    if of.kind == "object" and isinstance(value, dict):
        return {
            key: in_order(type_, of.properties[key].type, item, f"{place}.{key}")
            if key in of.properties
            else item
            for key, item in cast("dict[str, Any]", value).items()
        }
    return value


def _text_of(type_: ResourceType, place: str, item: Any) -> str | None:
    return type_.checked_text(place, cast("Any", item)) if isinstance(item, dict) else None


def _checksum(text: str) -> str:
    return str(zlib.crc32(text.encode()))
