"""The provider's own configuration."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from seawall_sandbox.aws.check import conform
from seawall_sandbox.aws.clients import require_loopback
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.schema import Type, config_schema
from seawall_sandbox.protocol import CheckResult, Failure
from seawall_sandbox.values import UNKNOWN, Properties, Value

_OWN = frozenset({"version", "pluginDownloadURL"})
"""Keys that the engine adds to a provider's configuration."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the provider was configured with."""

    region: Value
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags for all resources."""
    attempts: int | None = None
    """``maxRetries``: how often a call is made at most; ``None``: as often as is usual."""


def check_configuration(news: Properties) -> CheckResult:
    """Check the configuration against pulumi_aws's ``ProviderArgs``.

    Configuration from a stack file arrives as text, with JSON for what is not a string.
    """
    decoded, failures = _decode(news)
    inputs, found = conform(decoded, config_schema(), "The aws provider")
    failures.extend(found)
    if inputs.get("region") is None:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if region:
            inputs["region"] = region
        else:
            reason = (
                "The aws provider needs a region, and the configuration has none. Set aws:region in"
                " the stack's settings file, such as `aws:region: us-east-1`, or give it with"
                " --config aws:region=us-east-1."
            )
            failures.append(Failure("region", reason))
    extra = {key: news[key] for key in _OWN & news.keys()}
    return CheckResult({**inputs, **extra}, tuple(failures))


def parse_configuration(config: Properties) -> Configuration:
    """The parts of the configuration that the sandbox acts on.

    Raises ``ProviderError`` when an endpoint in it is not on this machine. Credentials and profiles
    are never used: the emulator takes any.
    """
    decoded, _ = _decode(config)
    for block in as_list(decoded.get("endpoints")):
        for address in as_dict(block).values():
            if isinstance(address, str) and address:
                require_loopback(address)
    given = as_dict(as_dict(decoded.get("defaultTags")).get("tags"))
    default_tags = {k: str(v) for k, v in given.items() if not k.startswith("__")}
    attempts = decoded.get("maxRetries")
    return Configuration(
        decoded.get("region", UNKNOWN), default_tags, int(attempts) if attempts else None
    )


def _decode(config: Properties) -> tuple[Properties, list[Failure]]:
    """JSON texts of non-string arguments as what they say."""
    schema = config_schema()
    decoded: Properties = {}
    failures: list[Failure] = []
    for key, value in config.items():
        if key in _OWN or key.startswith("__"):
            continue
        kind = schema[key].type.kind if key in schema else "string"
        if isinstance(value, str) and kind not in {"string", "boolean", "integer", "number"}:
            try:
                decoded[key] = _named(
                    json.loads(value), schema[key].type if key in schema else None
                )
            except ValueError:
                reason = f"The aws provider needs JSON for {key!r}, and {value!r} is none."
                failures.append(Failure(key, f"{reason} Correct the setting aws:{key}."))
        else:
            decoded[key] = value
    return decoded, failures


def _named(value: Value, type_: Type | None) -> Value:
    """Blocks with their properties' own names.

    Plain dictionaries of a Python program come with its names (``role_arn``), which the real
    provider takes too: it turns all names into Terraform's.
    """
    if type_ is None:
        return value
    if type_.kind == "list" and isinstance(value, list):
        return [_named(item, type_.element) for item in as_list(value)]
    if type_.kind != "object" or not isinstance(value, dict):
        return value
    named: Properties = {}
    for key, item in as_dict(value).items():
        camel = re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), key)
        name = camel if key not in type_.properties and camel in type_.properties else key
        known = type_.properties.get(name)
        named[name] = _named(item, known.type if known else None)
    return named
