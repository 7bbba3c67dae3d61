r"""Reads env files (``.env``, ``env_file``) by Compose's rules.

Source: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
(section ".env file syntax"). ``KEY=value``, ``KEY: value``, ``export KEY=value``; comments after a
blank and ``#``; double quotes know ``\n``, ``\t``, ``\"`` and variables; single quotes are literal;
quoted values may span lines; a key alone takes its value from the environment.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from seawall.services.compose.interpolate import TemplateError, substitute
from seawall.services.compose.node import Node, Problems

MAX_BYTES = 1024 * 1024

_KEY = re.compile(r"(?:export[ \t]+)?([A-Za-z0-9_][A-Za-z0-9_.\-\[\]]*)[ \t]*(=|:(?=[ \t]|$|\S))?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"[ \t]#.*$")
_BLANKS = " \t\r\v\f"
_QUOTES = ("'", '"')
_CURE = "Write KEY=value, one a line; put values with blanks in quotes."


def read_env_file(
    path: Path, environment: Mapping[str, str], problems: Problems, name: str, *, raw: bool = False
) -> dict[str, str | None]:
    """The variables of an env file that exists; None for a key without a value anywhere.

    ``raw`` takes values as they stand. Problems carry ``name`` as the file.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(
            Node(None, name), f"The env file cannot be read: {error}.", "Save it as readable UTF-8."
        )
        return {}
    if len(data) > MAX_BYTES:
        what = f"The env file has more than {MAX_BYTES} bytes, the most that is read."
        problems.add(Node(None, name), what, "Split it.")
        return {}
    return parse_env(text, environment, problems, name, raw=raw)


def parse_env(
    text: str, environment: Mapping[str, str], problems: Problems, name: str, *, raw: bool = False
) -> dict[str, str | None]:
    """The variables of an env file's text. See ``read_env_file``."""
    found: dict[str, str | None] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    index = 0
    while index < len(lines):
        number, line = index + 1, lines[index].lstrip(_BLANKS)
        index += 1
        if not line.rstrip(_BLANKS) or line.startswith("#"):
            continue
        here = Node(None, name, (), number)
        match = _KEY.match(line)
        if match is None or (
            match.end() < len(line.rstrip(_BLANKS)) and not match.group(2) and not raw
        ):
            tail = line[match.end() :] if match else line
            if not tail.lstrip().startswith("#"):
                problems.add(here, "The line is no KEY=value.", _CURE)
                continue
        key = match.group(1) if match else ""
        if match is None or not match.group(2):
            found[key] = environment.get(key)
            continue
        value = line[match.end() :]
        if raw:
            found[key] = value
            continue
        value = value.lstrip(_BLANKS)
        quote = value[:1] if value[:1] in _QUOTES else ""
        if quote:
            while (end := _closing(value, quote)) < 0 and index < len(lines):
                value += "\n" + lines[index]
                index += 1
            if end < 0:
                problems.add(here, f"The value of '{key}' has no closing quote.", _CURE)
                continue
            value = value[1:end]
        else:
            value = _COMMENT.sub("", value).rstrip(_BLANKS)
        found[key] = _expand(value, quote, {**_given(found), **environment}, problems, here)
    return found


def _closing(value: str, quote: str) -> int:
    """Index of the closing quote, or -1; a backslash guards the next character."""
    index = 1
    while index < len(value):
        if value[index] == "\\":
            index += 1
        elif value[index] == quote:
            return index
        index += 1
    return -1


def _given(found: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in found.items() if value is not None}


def _expand(
    value: str, quote: str, known: Mapping[str, str], problems: Problems, here: Node
) -> str:
    if quote == "'":
        return value.replace("\\'", "'")
    if quote == '"':
        value = value.replace("\\$", "$$")
        value = _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group()), value)
    if "$" not in value:
        return value
    try:
        return substitute(value, known)
    except TemplateError as error:
        problems.add(here, error.message, error.cure)
        return value
