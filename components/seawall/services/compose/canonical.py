"""Turns Compose's short forms into its long ones, so that files can be merged key by key.

Lists of ``KEY=value`` become mappings, texts become lists or mappings, relative paths become
absolute (a path belongs to the directory of the file that names it, which is known only here).
"""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from seawall.services.compose.node import Node, Problems
from seawall.services.compose.ports import (
    FormError,
    is_host_path,
    parse_port,
    parse_tmpfs,
    parse_volume,
)

Entries = dict[str, Node]
_ENTRY_LISTS = ("environment", "labels", "annotations", "sysctls")
_PAIR_SEPARATORS = ("=", ":")


def canonical(document: Node, directory: Path, problems: Problems) -> Node:
    """The document in long forms; relative paths are those of ``directory``."""
    return _Canonical(directory, problems).document(document)


def entries_of(node: Node) -> Entries:
    """``[KEY=value]`` or ``{KEY: value}`` as a mapping; a key alone has the value null."""
    if not node.sequence():
        return dict(node.mapping())
    entries: Entries = {}
    for item in node.sequence():
        key, separator, value = item.text().partition("=")
        entries[key] = item.with_value(value if separator else None)
    return entries


class _Canonical:
    def __init__(self, directory: Path, problems: Problems) -> None:
        self.directory = directory
        self.problems = problems

    def document(self, document: Node) -> Node:
        sections: Entries = dict(document.mapping())
        for section, convert in (
            ("services", self._service),
            ("networks", self._labelled),
            ("volumes", self._labelled),
            ("secrets", self._file),
            ("configs", self._file),
        ):
            if section in sections:
                node = sections[section]
                converted = {name: convert(below) for name, below in node.mapping().items()}
                sections[section] = node.with_value(converted)
        return document.with_value(sections)

    def _path(self, node: Node) -> Node:
        text = node.text()
        if not text or "://" in text or text.startswith("~"):
            return node
        return node.with_value(str((self.directory / text).resolve()))

    def _labelled(self, node: Node) -> Node:
        return _changed(node, {"labels": lambda labels: labels.with_value(entries_of(labels))})

    def _file(self, node: Node) -> Node:
        return _changed(self._labelled(node), {"file": self._path})

    def _service(self, service: Node) -> Node:
        return _changed(
            service,
            {
                **dict.fromkeys(_ENTRY_LISTS, _as_entries),
                "extra_hosts": _hosts,
                "build": self._build,
                "command": self._argv,
                "entrypoint": self._argv,
                "depends_on": _depends_on,
                "networks": _names_as_mapping,
                "env_file": self._env_files,
                "label_file": self._env_files,
                "dns": _as_list,
                "dns_search": _as_list,
                "tmpfs": self._tmpfs,
                "ports": self._ports,
                "volumes": self._volumes,
                "secrets": _file_mounts,
                "configs": _file_mounts,
                "deploy": self._labelled,
            },
        )

    def _build(self, node: Node) -> Node:
        if not isinstance(node.value, Mapping):
            node = node.with_value({"context": node})
        return _changed(
            node,
            {
                "context": self._path,
                "args": _as_entries,
                "labels": _as_entries,
                "additional_contexts": _as_entries,
                "extra_hosts": _hosts,
            },
        )

    def _argv(self, node: Node) -> Node:
        if not isinstance(node.value, str):
            return node
        try:
            words = shlex.split(node.value)
        except ValueError:
            self.problems.add(
                node,
                "The command has a quote that is not closed.",
                "Close it, or write the command as a list.",
            )
            words = []
        return node.with_value(tuple(node.with_value(word) for word in words))

    def _env_files(self, node: Node) -> Node:
        files: list[Node] = []
        for item in _as_list(node).sequence():
            entry = item if item.mapping() else item.with_value({"path": item})
            files.append(_changed(entry, {"path": self._path}))
        return node.with_value(tuple(files))

    def _tmpfs(self, node: Node) -> Node:
        items: list[Node] = []
        for item in _as_list(node).sequence():
            target, options = parse_tmpfs(item.text())
            given = {"target": item.with_value(target)}
            for option in options:
                key, _, value = option.partition("=")
                given[key] = item.with_value(value)
            items.append(item.with_value(given))
        return node.with_value(tuple(items))

    def _ports(self, node: Node) -> Node:
        items: list[Node] = []
        for item in node.sequence():
            if isinstance(item.value, Mapping):
                items.append(item)
                continue
            try:
                forms = parse_port(item.text())
            except FormError as error:
                self.problems.add(item, str(error), error.cure)
                continue
            for form in forms:
                given = {
                    "target": item.with_value(form.target),
                    "published": item.with_value(form.published),
                    "protocol": item.with_value(form.protocol),
                    "host_ip": item.with_value(form.host_ip or None),
                }
                items.append(item.with_value(_present(given)))
        return node.with_value(tuple(items))

    def _volumes(self, node: Node) -> Node:
        items: list[Node] = []
        for item in node.sequence():
            entry = item if isinstance(item.value, Mapping) else self._volume(item)
            if entry is None:
                continue
            source = entry.get("source")
            kind = entry.get("type")
            bound = kind is not None and kind.text() == "bind"
            if bound and source is not None:
                entry = _changed(entry, {"source": self._path})
            items.append(entry)
        return node.with_value(tuple(items))

    def _volume(self, item: Node) -> Node | None:
        try:
            form = parse_volume(item.text())
        except FormError as error:
            self.problems.add(item, str(error), error.cure)
            return None
        given: Entries = {
            "type": item.with_value("bind" if is_host_path(form.source) else "volume"),
            "source": item.with_value(form.source or None),
            "target": item.with_value(form.target),
        }
        for option in form.options:
            if option in ("ro", "rw"):
                given["read_only"] = item.with_value(option == "ro")
            elif option == "nocopy":
                nocopy: Entries = {"nocopy": item.with_value(value=True)}
                given["volume"] = item.with_value(nocopy)
            elif option in ("z", "Z") or option.lstrip("r") in ("shared", "slave", "private"):
                given["bind"] = item.with_value({"propagation": item.with_value(option)})
            elif option in ("cached", "consistent", "delegated"):
                given["consistency"] = item.with_value(option)
            else:
                self.problems.add(
                    item,
                    f"The volume option '{option}' is not known.",
                    "Use ro or rw.",
                )
        return item.with_value(_present(given))


def _changed(node: Node, converters: Mapping[str, Callable[[Node], Node]]) -> Node:
    """The mapping with its non-null entries converted; a tag on an entry survives."""
    if not isinstance(node.value, Mapping):
        return node
    return node.with_value(
        {
            key: converters[key](below)
            if key in converters and below.value is not None and below.tag != "reset"
            else below
            for key, below in node.value.items()
        },
    )


def _present(entries: Entries) -> Entries:
    return {key: node for key, node in entries.items() if node.value is not None}


def _as_entries(node: Node) -> Node:
    return node.with_value(entries_of(node))


def _as_list(node: Node) -> Node:
    return node if isinstance(node.value, tuple) else node.with_value((node,))


def _names_as_mapping(node: Node) -> Node:
    if isinstance(node.value, Mapping):
        return node
    return node.with_value({item.text(): item.with_value(None) for item in node.sequence()})


def _depends_on(node: Node) -> Node:
    if isinstance(node.value, Mapping):
        return node
    return node.with_value(
        {
            item.text(): item.with_value({"condition": item.with_value("service_started")})
            for item in node.sequence()
        },
    )


def _hosts(node: Node) -> Node:
    """``host=address`` or the older ``host:address`` as host to list of addresses."""
    hosts: dict[str, tuple[Node, ...]] = {}
    for name, below in node.mapping().items():
        hosts[name] = _as_list(below).sequence()
    for item in node.sequence():
        text = item.text()
        mark = next((mark for mark in _PAIR_SEPARATORS if mark in text), "=")
        name, _, address = text.partition(mark)
        hosts[name] = (*hosts.get(name, ()), item.with_value(address.strip("[]")))
    lists = {name: found[0].with_value(found) for name, found in hosts.items() if found}
    return node.with_value(lists)


def _file_mounts(node: Node) -> Node:
    return node.with_value(
        tuple(
            item if isinstance(item.value, Mapping) else item.with_value({"source": item})
            for item in node.sequence()
        ),
    )
