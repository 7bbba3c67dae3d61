"""Reads YAML as Compose does, with bounds, and remembers the line of every value.

Scalars follow the resolver of go-yaml, which Compose uses: YAML 1.2's core schema, but integers
with a leading zero are octal (``mode: 0440`` is 288) and ``yes``/``on`` stay text
(https://github.com/go-yaml/yaml#compatibility). Dates stay text. Anchors, aliases and merge keys
are expanded within bounds, so that a file of a few lines cannot grow to gigabytes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from seawall.services.compose.node import Node, PathKey, Problems, Scalar, scalar_text

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 50_000

_INTEGER = re.compile(r"[-+]?(0[bB][01_]+|0[oO]?[0-7_]*|0[xX][0-9a-fA-F_]+|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_BASES = {"b": 2, "o": 8, "x": 16}
_COMPOSE_TAGS = {"!reset": "reset", "!override": "override"}
_TEXT_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "int", "float", "bool", "null")
}


class _Refused(Exception):  # noqa: N818  # control flow inside this module, not an error type
    """The file is beyond a bound; the problem is recorded already."""


def read(data: bytes, file: str, problems: Problems) -> tuple[Node, ...]:
    """The documents of a YAML file.

    Problems are added for what is not readable as a Compose file; then the result is empty, or
    holds what could be read. ``file`` is the name to report.
    """
    whole = Node(None, file, (), 1)
    if len(data) > MAX_BYTES:
        problems.add(
            whole,
            f"The file has more than {MAX_BYTES} bytes, the most that is read.",
            "Split it with include, or move large content to files of their own.",
        )
        return ()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(
            replace(whole, line=line),
            f"The file is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}.",
            "Save it as UTF-8.",
        )
        return ()
    try:
        documents = _Composer(file, problems).documents(text)
    except _Refused:
        return ()
    except YAMLError as error:
        problems.add(*_syntax(error, whole))
        return ()
    if not documents:
        problems.add(whole, "The file is empty.", "Describe at least one service under 'services'.")
    for document in documents:
        if not isinstance(document.value, Mapping):
            kind = "null" if document.value is None else "no mapping"
            problems.add(
                document,
                f"The top of a Compose file is a mapping; this one is {kind}.",
                "Start with 'services:' and put the services below it.",
            )
    return tuple(doc for doc in documents if isinstance(doc.value, Mapping))


def _syntax(error: YAMLError, whole: Node) -> tuple[Node, str, str]:
    cure = "Correct the YAML there; look at indentation, tabs and quotes first."
    if not isinstance(error, MarkedYAMLError):
        said = str(error).partition("\n")[0]
        return whole, f"The file is not valid YAML: {said}.", cure
    marked: Any = error  # untyped library
    mark = marked.problem_mark or marked.context_mark
    said = " ".join(str(part) for part in (marked.context, marked.problem) if part)
    line = int(mark.line) + 1 if mark is not None else 1
    return replace(whole, line=line), f"The file is not valid YAML: {said}.", cure


@final
@dataclass(slots=True)
class _Composer:
    """Builds nodes from parser events; recursion is bounded by MAX_DEPTH."""

    file: str
    problems: Problems
    anchors: dict[str, Node] = field(default_factory=dict[str, Node])
    pending: set[str] = field(default_factory=set[str])
    count: int = 0

    def documents(self, text: str) -> tuple[Node, ...]:
        reader = YAML(typ="safe", pure=True)
        events = iter(reader.parse(text))  # pyright: ignore[reportUnknownMemberType]  # untyped library
        found: list[Node] = []
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
                found.append(self._node(next(events), events, (), 0))
        return tuple(found)

    def _node(
        self, event: Event, events: Iterator[Event], path: tuple[PathKey, ...], depth: int
    ) -> Node:
        line = _line(event)
        here = Node(None, self.file, path, line)
        self._spend(1, here)
        if depth > MAX_DEPTH:
            self._refuse(here, f"The file nests deeper than {MAX_DEPTH} levels.")
        if isinstance(event, AliasEvent):
            return self._alias(event, here)
        if not isinstance(event, NodeEvent):
            self._refuse(here, "The file is not valid YAML: a value is missing.")
        here = replace(here, tag=self._tag(event, here))
        anchor = _text(event, "anchor")
        self.pending.add(anchor)
        if isinstance(event, ScalarEvent):
            node = here.with_value(_scalar(event))
        elif isinstance(event, SequenceStartEvent):
            node = here.with_value(self._sequence(events, path, depth))
        else:
            node = here.with_value(self._mapping(events, here, depth))
        self.pending.discard(anchor)
        if anchor:
            self.anchors[anchor] = node
        return node

    def _sequence(
        self, events: Iterator[Event], path: tuple[PathKey, ...], depth: int
    ) -> tuple[Node, ...]:
        items: list[Node] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, events, (*path, len(items)), depth + 1))
        return tuple(items)

    def _mapping(self, events: Iterator[Event], here: Node, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        inherited: dict[str, Node] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, here, events, depth)
            line = _line(event)
            value = self._node(next(events), events, (*here.path, key), depth + 1)
            at = replace(here, path=value.path, line=line)
            if key == "<<" and isinstance(event, ScalarEvent) and not _text(event, "style"):
                inherited = {**self._merged(value), **inherited}
            elif key in entries:
                self.problems.add(
                    at,
                    f"The key '{key}' stands here twice, first in line {entries[key].line}.",
                    "Remove one of the two.",
                )
            else:
                entries[key] = replace(value, line=line)
        return {**inherited, **entries}

    def _key(self, event: Event, here: Node, events: Iterator[Event], depth: int) -> str:
        key = self._node(event, events, here.path, depth + 1)
        if isinstance(key.value, str):
            return key.value
        written = scalar_text(key.value) if not isinstance(key.value, Mapping | tuple) else "..."
        self.problems.add(
            replace(here, line=key.line),
            f"The key {written or 'null'} is not text, and Compose takes only text as a key.",
            f'Put it in quotes: "{written}".',
        )
        return written

    def _merged(self, value: Node) -> dict[str, Node]:
        """What ``<<`` brings in: a mapping, or a list of mappings of which earlier ones win."""
        sources = value.sequence() or (value,)
        merged: dict[str, Node] = {}
        for source in sources:
            if not isinstance(source.value, Mapping):
                self.problems.add(
                    value,
                    "A merge key '<<' takes a mapping or a list of mappings.",
                    "Point it at an anchor of a mapping.",
                )
            merged = {**source.mapping(), **merged}
        return merged

    def _alias(self, event: AliasEvent, here: Node) -> Node:
        name = _text(event, "anchor")
        if name not in self.anchors:
            why = "contains itself" if name in self.pending else "is not defined above"
            self.problems.add(here, f"The alias '*{name}' {why}.", f"Define '&{name}' before it.")
            return here
        target = self.anchors[name]
        self._spend(sum(1 for _ in target.walk()), here)
        return _moved(target, here.path)

    def _tag(self, event: NodeEvent, here: Node) -> str:
        tag = _text(event, "tag")
        if not tag or tag in _PLAIN_TAGS or tag == _TEXT_TAG:
            return ""
        if tag not in _COMPOSE_TAGS:
            self.problems.add(
                here,
                f"The YAML tag '{tag}' is not known to Compose.",
                "Use !reset or !override, or remove the tag.",
            )
        return _COMPOSE_TAGS.get(tag, "")

    def _spend(self, nodes: int, here: Node) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            self._refuse(here, f"The file expands to more than {MAX_NODES} values.")

    def _refuse(self, here: Node, message: str) -> NoReturn:
        self.problems.add(here, message, "Use fewer aliases and less nesting.")
        raise _Refused


def _line(event: Any) -> int:
    """Where the event starts; the parser is untyped, so this is the one place that looks inside."""
    return int(event.start_mark.line) + 1


def _text(event: Any, attribute: str) -> str:
    return str(getattr(event, attribute, None) or "")


def _moved(node: Node, path: tuple[PathKey, ...]) -> Node:
    """A copy at the alias's path; the line stays the anchor's, where the value is written."""
    value = node.value
    if isinstance(value, Mapping):
        value = {key: _moved(below, (*path, key)) for key, below in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_moved(below, (*path, index)) for index, below in enumerate(value))
    return Node(value, node.file, path, node.line, node.tag)


def _scalar(event: ScalarEvent) -> Scalar:
    text = _text(event, "value")
    tag = _text(event, "tag")
    if _text(event, "style") or tag == _TEXT_TAG:
        return text
    return resolve(text)


def resolve(text: str) -> Scalar:
    """The value of a plain scalar, such as 288 for ``0440``."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "").lstrip("+-").lower()
        base = _BASES.get(digits[1:2], 8) if digits.startswith("0") else 10
        number = digits.removeprefix("0b").removeprefix("0o").removeprefix("0x") or "0"
        return -int(number, base) if text.startswith("-") else int(number, base)
    if _FLOAT.fullmatch(text.replace("_", "")) and text[:1] != "_":
        return float(text.replace("_", ""))
    return text
