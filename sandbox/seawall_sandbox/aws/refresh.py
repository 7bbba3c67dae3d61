"""Inputs that would make a resource as it is now: for refresh and import."""

from seawall_sandbox.aws.compare import is_empty
from seawall_sandbox.aws.diff import compare
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.preview import strip_defaults
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.protocol import ResourceState
from seawall_sandbox.values import Properties, Value


def refreshed_inputs(type_: ResourceType, inputs: Properties, outputs: Properties) -> Properties:
    """The recorded inputs, with what has drifted as AWS has it now.

    An input that still means the same keeps the program's own spelling. What the program never
    set is taken up only when it is not AWS's to choose, so that it shows as a change to undo.
    """
    state = ResourceState(str(outputs.get("id", "")), outputs, inputs)
    drifted = set(compare(type_, state, inputs).diffs)
    result = {
        key: strip_defaults(outputs[key]) if key in drifted and key in outputs else value
        for key, value in inputs.items()
    }
    for key, value in imported_inputs(type_, outputs).items():
        if key not in result and not type_.schema.inputs[key].computed:
            result[key] = value
    return result


def imported_inputs(type_: ResourceType, outputs: Properties) -> Properties:
    """The inputs of a resource that no program made: all arguments that have a value."""
    found: Properties = {DEFAULTS_KEY: list[Value]()}
    for key in type_.schema.inputs:
        value = outputs.get(key)
        usual = value in [m.get(key) for m in (type_.defaults, type_.implied, type_.usual)]
        if not usual and not is_empty(value) and not _blank(value):
            found[key] = value
    return found


def _blank(value: Value) -> bool:
    """Whether this is an object of zero values, as AWS tells of a feature that is off.

    Or a list of absent ones: so the real provider tells what this kind of resource cannot have.
    """
    entries = as_dict(value).values() or as_list(value)
    return bool(entries) and all(is_empty(entry) for entry in entries)
