"""JSON documents and times in the form in which the real provider tells them."""

import json
from datetime import UTC, datetime
from typing import Any


def normal(document: Any) -> str:
    """A policy, as text or parsed, as compact JSON with sorted keys."""
    parsed = json.loads(document) if isinstance(document, str) else document
    return json.dumps(parsed, sort_keys=True, separators=(",", ":"))


def rfc3339(moment: datetime) -> str:
    """A time such as ``2026-11-22T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_json_object(text: Any) -> bool:
    """Whether a text holds a JSON object, as every AWS policy is."""
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False
