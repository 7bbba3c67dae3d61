"""What a component was told to wait for."""

from collections.abc import Sequence
from typing import cast

import pulumi


def given_dependencies(opts: pulumi.ResourceOptions | None) -> Sequence[pulumi.Resource]:
    """The resources in ``depends_on`` of a component's options.

    Pulumi records them for the component alone. Its children come later, because a child is
    registered after its parent, but nothing holds a child that must be gone before them in a
    destroy of chosen targets. A component passes them on to the children that need them.

    Raises ``TypeError`` for an output: what a plan waits for must be known before the update.
    """
    given = opts.depends_on if opts is not None else None
    if given is None:
        return ()
    candidates = cast("Sequence[object]", given if isinstance(given, Sequence) else (given,))
    resources = [one for one in candidates if isinstance(one, pulumi.Resource)]
    if len(resources) != len(candidates):
        raise TypeError(
            "depends_on holds something other than resources, and this component passes them on "
            "to its children. Give the resources themselves."
        )
    return resources
