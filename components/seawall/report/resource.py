"""A resource as the report sees it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a plan or a state. Secrets are not in it, or masked."""

    urn: str
    type: str
    parent: str
    inputs: Mapping[str, Any]
    custom: bool = True

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.urn.rsplit("::", 1)[-1]
