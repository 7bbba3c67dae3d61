"""Objects as files, in the layout of the real provider's ``renderYamlToDirectory``.

One object per file: definitions of custom resources in ``0-crd``, all others in ``1-manifest``
(pulumi-kubernetes 4, ``renderPathForResource``). The first line names the Pulumi resource, so that
two resources cannot claim the same object. What is secret is not written: a placeholder stands in
its place, valid by the schema and the same for every value.
"""

import base64
import contextlib
import os
from pathlib import Path
from typing import Any, cast

import yaml

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.values import Properties, Secret, Value

WITHHELD = "withheld"
WITHHELD_ANNOTATION = "seawall/values"
"""On a Secret whose values were withheld; its value says where they are."""
_WITHHELD_NOTE = "withheld by the sandbox; the stack's state has them, encrypted"
_WITHHELD_JSON = '{"auths": {}}'
"""Where Kubernetes wants JSON: registry credentials (``kubernetes.io/dockerconfigjson``)."""
_JSON_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})
_OWNER = "# "


class _Dumper(yaml.SafeDumper):
    """Block style for texts of several lines, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def path_of(directory: Path, kind: Kind, namespace: str, name: str) -> Path:
    """Where the file of an object is."""
    folder = "0-crd" if kind.name == "CustomResourceDefinition" else "1-manifest"
    version = kind.api_version.replace("/", "_")
    # A role's name may hold colons, which not every file system takes.
    safe = name.replace(":", "_")
    file = f"{version}-{kind.name.lower()}-{namespace or 'default'}-{safe}.yaml"
    return directory / folder / file


def write(path: Path, urn: str, content: Properties) -> None:
    """Write an object's file: whole or not at all, readable by its owner alone."""
    body = yaml.dump(content, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=100)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name that no tool takes for a manifest, and that the run after a killed one takes again.
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{_OWNER}{urn}\n{body}")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def owner(path: Path) -> str | None:
    """The URN of the resource that wrote the file; None without a file."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().removeprefix(_OWNER).rstrip("\n")
    except FileNotFoundError:
        return None


def read(path: Path) -> Properties | None:
    """The object in a file; None without a file. Raises ``yaml.YAMLError`` when it is broken."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return cast("Properties | None", yaml.safe_load(text))


def remove(path: Path) -> None:
    """Remove an object's file, and folders that it leaves empty."""
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()


def withheld(content: Properties, kind: Kind) -> Properties:
    """The object as it may be written: without values of Secrets and other secret values."""
    if (kind.group, kind.name) != ("", "Secret"):
        return _placeholder(content)
    outcome = _placeholder({k: v for k, v in content.items() if k not in ("data", "stringData")})
    for place in ("data", "stringData"):
        held = content.get(place)
        entries = held.value if isinstance(held, Secret) else held
        if isinstance(entries, dict) and entries:
            keys = sorted(cast("dict[str, Any]", entries))
            outcome[place] = {key: _stand_in(key, encoded=place == "data") for key in keys}
            metadata = cast("dict[str, Any]", outcome.setdefault("metadata", {}))
            annotations = cast("dict[str, Any]", metadata.setdefault("annotations", {}))
            annotations[WITHHELD_ANNOTATION] = _WITHHELD_NOTE
    return outcome


def _stand_in(key: str, *, encoded: bool) -> str:
    text = _WITHHELD_JSON if key in _JSON_KEYS else WITHHELD
    return base64.b64encode(text.encode()).decode() if encoded else text


def _placeholder(value: Value, *, secret: bool = False) -> Value:
    """``value`` with each secret replaced by something of the same type."""
    if isinstance(value, Secret):
        return _placeholder(value.value, secret=True)
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _placeholder(item, secret=secret) for key, item in items.items()}
    if isinstance(value, list):
        return [_placeholder(item, secret=secret) for item in cast("list[Any]", value)]
    if not secret or value is None:
        return value
    return WITHHELD if isinstance(value, str) else type(value)()
