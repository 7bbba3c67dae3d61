"""What every program of the corpus begins with: the SDK of the package ``lab``."""

from typing import Any

import pulumi
from pulumi import Alias, CustomTimeouts, Output
from pulumi import ResourceOptions as O

__all__ = ["Alias", "CustomTimeouts", "O", "Output"]


class Thing(pulumi.CustomResource):
    arn: Output[str]
    label: Output[str]
    revision: Output[int]
    size: Output[Any]
    kind: Output[Any]
    token: Output[str]

    def __init__(self, resource_name, opts=None, *, type_="Thing", **properties):
        known = dict.fromkeys(("arn", "label", "revision", "size", "kind", "token"))
        super().__init__(f"lab:index:{type_}", resource_name, {**known, **properties}, opts)

    @staticmethod
    def get(resource_name, id_, opts=None):
        return Thing(resource_name, O.merge(opts, O(id=id_)))


class Provider(pulumi.ProviderResource):
    def __init__(self, resource_name, opts=None, **properties):
        super().__init__("lab", resource_name, properties, opts)


class Group(pulumi.ComponentResource):
    def __init__(self, resource_name, opts=None, *, type_="Group", props=None):
        super().__init__(f"lab:index:{type_}", resource_name, props, opts)


def lookup(function="lookup", opts=None, **arguments):
    """The outputs of a function of the package."""
    return pulumi.runtime.invoke_output(f"lab:index:{function}", arguments, opts)


stack = pulumi.get_stack()
