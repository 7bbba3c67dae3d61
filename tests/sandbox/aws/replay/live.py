"""Recorded creates and function calls, replayed against the emulator."""

import importlib
import ipaddress
from collections.abc import Iterator
from typing import Any

from judge import UNSUPPORTED, differences, of_both, of_version_7, outputs_of_both, urn_of
from recordings import Recording, values
from world import World

from seawall_sandbox.aws import registry
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.schema import parse_token
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import Properties


def judge_live(provider: AwsProvider, world: World, recording: Recording) -> list[str]:
    """What differs, in words; empty when the answers agree."""
    if recording.method == "Invoke":
        if registry.function(recording.token) is None:
            return [UNSUPPORTED]
        return list(_invoke(provider, world, recording))
    type_ = registry.resource(recording.token)
    if type_ is None:
        return [UNSUPPORTED]
    return list(_create(provider, world, type_, recording))


def _create(
    provider: AwsProvider, world: World, type_: ResourceType, recording: Recording
) -> Iterator[str]:
    recorded = values(recording.request["properties"])
    inputs = of_version_7(type_, _furnished(world, type_.token, recorded))
    urn = urn_of(recording)
    # A create of version 7 is always given what its own Check fills in.
    checked = provider.check(urn, type_.token, inputs, inputs, b"seed")
    if checked.failures:
        yield f"refused: {checked.failures}"
        return
    try:
        state = provider.create(urn, type_.token, checked.inputs, preview=False, timeout=0)
    except ProviderError as error:
        yield f"not created: {error.message}"
        return
    recorded_outputs = values(recording.response["properties"])
    wanted = outputs_of_both(type_, world.translated(recorded_outputs))
    wanted |= {
        key: of_both(type_, inputs[key], key)
        for key in wanted.keys() & inputs.keys()
        if recorded.get(key) == recorded_outputs.get(key)
    }
    got = outputs_of_both(type_, state.outputs)
    for key in sorted(wanted.keys() - got.keys()):
        if wanted[key] is not None:
            yield f"{key}: recorded {wanted[key]!r}, missing"
    for key in sorted(wanted.keys() & got.keys()):
        asked = of_both(type_, inputs.get(key), key)
        echoed = asked is not None and recorded.get(key) == recorded_outputs.get(key)
        yield from _alike(wanted[key], got[key], key, exact=echoed, facts=True)
    provider.delete(urn, type_.token, state, timeout=5)


def _furnished(world: World, token: str, recorded: Properties) -> Properties:
    """The recorded arguments, with all that they name in place."""
    inputs = {key: value for key, value in world.adapt(recorded).items() if key != "tagsAll"}
    if token == "aws:s3/bucketPolicy:BucketPolicy":
        inputs["bucket"] = world.bucket(recorded["bucket"])
    if token == "aws:autoscaling/group:Group" and "name" in recorded.get("launchTemplate", {}):
        inputs["launchTemplate"]["name"] = world.launch_template(recorded["launchTemplate"]["name"])
    if token == "aws:kms/alias:Alias":
        inputs["targetKeyId"] = world.key(recorded["targetKeyId"])
    if token == "aws:ec2/subnet:Subnet":
        block = ipaddress.IPv4Network(inputs["cidrBlock"])
        wide = str(block.supernet(new_prefix=16)) if block.prefixlen > 16 else str(block)
        made = world.client("ec2").create_vpc(CidrBlock=wide)
        inputs["vpcId"] = made["Vpc"]["VpcId"]
        world.stand_in(recorded["vpcId"], inputs["vpcId"])
    return inputs


def _alike(wanted: Any, got: Any, place: str, *, exact: bool, facts: bool) -> Iterator[str]:
    """Keys and kinds of values; the values themselves where the program chose them (``exact``).

    ``facts``: switches must be equal too. A thing that was looked up may be another one.
    """
    if isinstance(wanted, dict) and isinstance(got, dict):
        if place in {"tags", "tagsAll"} and not exact:
            return
        for key in sorted(wanted.keys() - got.keys()):
            yield f"{place}.{key}: recorded {wanted[key]!r}, missing"
        for key in sorted(wanted.keys() & got.keys()):
            yield from _alike(wanted[key], got[key], f"{place}.{key}", exact=exact, facts=facts)
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got) if exact else bool(wanted) != bool(got):
            yield f"{place}: recorded {wanted!r}, got {got!r}"
        elif wanted and isinstance(wanted[0], dict):
            yield from _alike(wanted[0], got[0], f"{place}[0]", exact=False, facts=facts)
        elif exact and sorted(wanted) != sorted(got):
            yield f"{place}: recorded {wanted!r}, got {got!r}"
    elif exact or (facts and isinstance(wanted, bool)):
        yield from differences(wanted, got, place)
    elif not (_nothing(wanted) and _nothing(got)) and type(wanted) is not type(got):
        yield f"{place}: recorded {wanted!r}, got {got!r}"


def _nothing(value: Any) -> bool:
    return value is None or value in ("", 0, [], {})


def _invoke(provider: AwsProvider, world: World, recording: Recording) -> Iterator[str]:
    args = world.adapt(values(recording.request["args"]))
    args = world.image_owners(args)
    wanted = values(recording.response.get("return"))
    if wanted is not None:
        _look_ups(world, recording.token, args)
    try:
        result = provider.invoke(recording.token, args)
    except ProviderError as error:
        if wanted is not None:
            yield f"refused: {error.message}"
        return
    if wanted is None:
        yield "recorded an error, got an answer"
        return
    for failure in result.failures:
        yield f"refused: {failure.property}: {failure.reason}"
    got, known = result.outputs, function_outputs(recording.token)
    for key in sorted((wanted.keys() & known) - got.keys()):
        yield f"{key}: recorded {wanted[key]!r}, missing"
    for key in sorted(got.keys() - known - {"region"}):
        yield f"{key}: not an output of version 7, got {got[key]!r}"
    for key in sorted(wanted.keys() & got.keys() & known):
        echoed = key in args
        answer = args[key] if echoed else world.translated(wanted[key])
        yield from _alike(answer, got[key], key, exact=echoed, facts=False)


def _look_ups(world: World, token: str, args: Properties) -> None:
    """Furnish the world with what a function is to find."""
    if token == "aws:ec2/getSubnets:getSubnets":
        for filter_ in args.get("filters") or ():
            if filter_["name"] == "vpc-id":
                for vpc in filter_["values"]:
                    world.subnet_of(vpc)
    if token == "aws:ec2/getRouteTable:getRouteTable":
        if "subnetId" in args:
            world.routed(args["subnetId"])
        if "routeTableId" in args:
            args["routeTableId"] = world.main_table()


def function_outputs(token: str) -> frozenset[str]:
    """What version 7 answers to a function, by its camelCase names."""
    service, module_name, name = parse_token(token)
    place = "pulumi_aws" if service == "index" else f"pulumi_aws.{service}"
    module = importlib.import_module(f"{place}.{module_name}")
    result = getattr(module, f"{name[0].upper()}{name[1:]}Result")
    found = {
        getattr(member.fget, "_pulumi_name", key)
        for key, member in vars(result).items()
        if isinstance(member, property)
    }
    return frozenset(found)
