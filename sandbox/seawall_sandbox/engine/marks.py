"""Secrets and unknowns on their way to a provider and back.

A provider is handed plain values (see ``seawall_sandbox.protocol``), so the engine itself carries
over which of them are secret, by the rules of the stock engine
(``annotateSecrets`` in pkg/resource/plugin/provider_plugin.go of pulumi/pulumi).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from seawall_sandbox.values import (
    Properties,
    ResourceReference,
    Secret,
    children,
    is_secret,
    without_secrets,
)

SHORTEST_SECRET: Final = 3


def plain(properties: Properties, *, secrets: bool = False) -> Properties:
    """``properties`` as a provider takes them; the same object when it can have them as they are.

    Resources are handed over by id, components by URN. Without ``secrets`` no value is marked.
    """
    for value in properties.values():
        if _is_marked(value):
            return {key: _plain(item, secrets=secrets) for key, item in properties.items()}
    return properties


def _is_marked(value: Any) -> bool:
    if isinstance(value, (Secret, ResourceReference)):
        return True
    return any(_is_marked(item) for item in children(value))


def _plain(value: Any, *, secrets: bool) -> Any:
    if isinstance(value, Secret):
        inner = _plain(value.value, secrets=secrets)
        return Secret(inner) if secrets else inner
    if isinstance(value, ResourceReference):
        return value.urn if value.id is None else value.id
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _plain(item, secrets=secrets) for key, item in items.items()}
    if isinstance(value, list):
        return [_plain(item, secrets=secrets) for item in cast("list[Any]", value)]
    return value


def annotate(outputs: Properties, inputs: Properties) -> Properties:
    """``outputs`` with each value secret whose input of the same name is, at any depth."""
    result = outputs
    for key, given in inputs.items():
        if key not in outputs or not is_secret(given):
            continue
        if result is outputs:
            result = dict(outputs)
        value = outputs[key]
        if isinstance(value, dict) and isinstance(given, dict):
            result[key] = annotate(cast("dict[str, Any]", value), cast("dict[str, Any]", given))
        else:
            result[key] = secret(value)
    return result


def mark(outputs: Properties, names: Iterable[str]) -> Properties:
    """``outputs`` with the named top-level ones secret; names that it lacks are passed over."""
    result = outputs
    for name in names:
        if name in outputs and not isinstance(outputs[name], Secret):
            if result is outputs:
                result = dict(outputs)
            result[name] = secret(outputs[name])
    return result


def secret_texts(value: Any) -> Iterator[str]:
    """The texts in the secrets at any depth of ``value`` that are long enough to be recognized.

    The stock engine leaves out texts of less than three characters, too.
    """
    if isinstance(value, Secret):
        yield from _texts(value.value)
    else:
        for item in children(value):
            yield from secret_texts(item)


def config_secrets(text: str) -> Iterator[str]:
    """The texts to keep out of messages for a secret configuration value.

    An object is stored as JSON: each text in it is a secret, and a program may show one alone.
    """
    yield from _texts(text)
    try:
        value = json.loads(text)
    except ValueError:
        return
    if isinstance(value, dict | list):
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= SHORTEST_SECRET:
            yield value
    else:
        for item in children(value):
            yield from _texts(item)


def secret(value: Any) -> Secret:
    """``value`` as one secret."""
    return Secret(without_secrets(value))
