"""What every program of the corpus begins with: the SDK of the package ``lab``."""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi import Alias, CustomTimeouts, Output
from pulumi import ResourceHookBinding as Hooks
from pulumi import ResourceOptions as O

__all__ = ["Alias", "CustomTimeouts", "Hooks", "O", "Output"]


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


def _told(value):
    if isinstance(value, Output):
        return "(output)"
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    plain = value is None or isinstance(value, (str, bool, int, float))
    return value if plain else f"({type(value).__name__})"


def _note(text, args, *more):
    """Write down what a hook was told, and whether its thing is there by then."""
    cloud = Path("cloud.json")
    things = json.loads(cloud.read_text())["things"] if cloud.exists() else {}
    there = sorted(id_ for id_ in things if id_.startswith(f"{args.name}-"))
    told = {key: _told(getattr(args, key)) for key in more if getattr(args, key) is not None}
    with Path("calls.txt").open("a") as file:
        described = json.dumps(told, sort_keys=True)
        file.write(f"{text} {args.name} {args.id or '-'} there={there} {described}\n")


def hook(hook_name, *, fails=False, **options):
    """A hook that notes what it is told, and fails if asked to."""

    def run(args):
        _note(hook_name, args, "new_inputs", "old_inputs", "new_outputs", "old_outputs")
        if fails:
            raise ValueError(f"{hook_name} was asked to fail")

    return pulumi.ResourceHook(hook_name, run, pulumi.ResourceHookOptions(**options))


def error_hook(hook_name, *, tries=0, fails=False):
    """A hook that notes what it is told and asks to try again, ``tries`` times for a thing."""

    def run(args):
        told = ("failed_operation", "errors", "new_inputs", "old_inputs", "old_outputs")
        _note(hook_name, args, *told)
        if fails:
            raise ValueError(f"{hook_name} was asked to fail")
        return len(args.errors) <= tries

    return pulumi.ErrorHook(hook_name, run)


stack = pulumi.get_stack()
