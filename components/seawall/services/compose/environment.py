"""A service's environment variables and labels, with the files they come from."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from seawall.errors import did_you_mean
from seawall.services.compose.dotenv import read_env_file
from seawall.services.compose.extension import PLAIN_ENVIRONMENT, plain_environment
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text

_SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET"
    r"|ENCRYPTION|SIGNING|AUTH)_?KEY|APIKEY|PASS)S?(_BASE64|_[0-9]+)?$",
    re.IGNORECASE,
)
_CREDENTIALS_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b")
_NO_SECRET = re.compile(r"|true|false|yes|no|on|off|[0-9]{1,2}|/[A-Za-z0-9_./-]*", re.IGNORECASE)
_NO_VALUE_CURE = (
    "Give it in the settings' services.environment or the project's .env, write '{name}=' if empty "
    "is meant, or remove it."
)


def is_sensitive(name: str, value: str) -> bool:
    """Whether a variable's name or value says that it is a secret."""
    if _CREDENTIALS_IN_URL.search(value) or _PRIVATE_KEY.search(value):
        return True
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRET.fullmatch(value)


def environment_of(service: Node, reader: Reader) -> Mapping[str, str]:
    """``env_file`` in order, then ``environment`` on top of it, by name."""
    found: dict[str, str] = {}
    for entry in service.items("env_file"):
        found |= _from_file(entry, reader, found)
    for name, node in service.entries("environment").items():
        if node.value is not None:
            found[name] = node.text()
        elif name in reader.environment:
            found[name] = reader.environment[name]
        elif name not in found:
            reader.problems.add(
                node, f"The variable '{name}' has no value.", _NO_VALUE_CURE.format(name=name)
            )
    _check_secrets(found, service, reader)
    return MappingProxyType({name: found[name] for name in sorted(found)})


def _check_secrets(found: Mapping[str, str], service: Node, reader: Reader) -> None:
    """A secret among the variables would stand in plain text in state, plan and manifests."""
    plain = plain_environment(service, reader)
    given = service.entries("environment")
    for name, value in found.items():
        if name not in plain and is_sensitive(name, value):
            reader.problems.add(
                given.get(name) or service.get("env_file") or service,
                f"The variable '{name}' looks like a secret, and the environment is readable in "
                "state, plan and manifests.",
                f"Put it into 'secrets' and name its file, such as {name}_FILE: "
                f"/run/secrets/{name.lower()}; if it is none, list it in "
                f"x-seawall.{PLAIN_ENVIRONMENT} of the service.",
            )
    for name in plain:
        if name not in found:
            what = f"'{PLAIN_ENVIRONMENT}' names '{name}', which is no variable of the service."
            reader.problems.add(
                service.get("x-seawall") or service, what, did_you_mean(name, found)
            )


def labels_of(service: Node, reader: Reader) -> Mapping[str, str]:
    """``annotations``, then ``label_file`` in order, then ``labels``: later ones win, by name."""
    found = {key: node.text() for key, node in service.entries("annotations").items()}
    for entry in service.items("label_file"):
        found |= _from_file(entry, reader, found)
    found |= {key: n.text() for key, n in service.entries("labels").items()}
    return MappingProxyType({name: found[name] for name in sorted(found)})


def _from_file(entry: Node, reader: Reader, before: Mapping[str, str]) -> dict[str, str]:
    path = Path(text(entry.get("path")))
    if not path.is_file():
        if reader.truth(entry.get("required"), default=True):
            reader.problems.add(
                entry,
                f"The env file '{reader.name_of(path)}' does not exist.",
                "Add it, correct the path, or write 'required: false'.",
            )
        return {}
    raw = text(entry.get("format")) == "raw"
    name = reader.name_of(path)
    variables = {**before, **reader.environment}
    found = read_env_file(path, variables, reader.problems, name, raw=raw)
    for key, value in found.items():
        if value is None:
            cure = _NO_VALUE_CURE.format(name=key)
            reader.problems.add(Node(None, name), f"The variable '{key}' has no value.", cure)
    return {key: value for key, value in found.items() if value is not None}
