"""What all components share: type token, child options, tags, registered outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


class Component(pulumi.ComponentResource):
    """Base of all Seawall components.

    The type token is ``seawall:index:<Class>``. A subclass creates its children with
    ``self.child_options()`` and ends its constructor with ``self.publish()``, which registers every
    output that the class annotates.
    """

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        token = f"seawall:index:{type(self).__name__}"
        super().__init__(token, name, dict(inputs or {}), opts)

    def child_options(
        self,
        *,
        depends_on: Sequence[pulumi.Resource] | None = None,
        ignore_changes: list[str] | None = None,
        protect: bool | None = None,
        retain_on_delete: bool | None = None,
        delete_before_replace: bool | None = None,
        provider: pulumi.ProviderResource | None = None,
        custom_timeouts: pulumi.CustomTimeouts | None = None,
    ) -> pulumi.ResourceOptions:
        """Options for a child: the parent is this component; the rest as asked for.

        Providers, ``protect`` and ``retain_on_delete`` of the component reach its children through
        the parent, so they are not copied here.
        """
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(depends_on) if depends_on else None,
            ignore_changes=ignore_changes,
            protect=protect,
            retain_on_delete=retain_on_delete,
            delete_before_replace=delete_before_replace,
            provider=provider,
            custom_timeouts=custom_timeouts,
        )

    def publish(self) -> None:
        """Register the outputs: each public annotated attribute of the class. Call it last."""
        names = [
            name
            for base in reversed(type(self).__mro__)
            if issubclass(base, Component) and base is not Component
            for name in vars(base).get("__annotations__", {})
            if not name.startswith("_")
        ]
        self.register_outputs({name: getattr(self, name) for name in names})


def name_tags(tags: Mapping[str, str], name: str) -> dict[str, str]:
    """The given tags and ``Name``, which the AWS console shows."""
    return {**tags, "Name": name}
