"""What a component was told to wait for."""

from collections.abc import Sequence
from typing import Any

import pulumi


def given_dependencies(opts: pulumi.ResourceOptions | None) -> Sequence[pulumi.Resource]:
    """The resources in ``depends_on`` of a component's options.

    Pulumi makes only the component itself wait for them, not its children, where the work is. A
    component passes them on to the children that need them.

    Raises ``TypeError`` for an output: what a plan waits for must be known before the update.
    """
    given: Any = opts.depends_on if opts is not None else None
    if given is None:
        return ()
    resources = list(given) if isinstance(given, Sequence) else [given]
    for resource in resources:
        if not isinstance(resource, pulumi.Resource):
            raise TypeError(
                f"depends_on holds a {type(resource).__name__}, and this component passes "
                "resources on to its children. Give the resource itself."
            )
    return resources
