"""Reads Compose files into one document: several files, ``include`` and ``extends`` resolved.

Source: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md and 14-include.md, and
05-services.md#extends. Nothing is fetched: a remote file is a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from seawall.errors import did_you_mean
from seawall.services.compose import schema
from seawall.services.compose.canonical import canonical
from seawall.services.compose.dotenv import read_env_file
from seawall.services.compose.interpolate import interpolate
from seawall.services.compose.merge import merge, merge_service, settle
from seawall.services.compose.node import Node, Problems
from seawall.services.compose.yaml_reader import MAX_BYTES, read

_SECTIONS = ("services", "networks", "volumes", "secrets", "configs")
_REMOTE = ("git@", "github.com/", "oci:", "git:", "http:", "https:", "ssh:")
_EMPTY = Node({})

Chain = tuple[tuple[Path, str], ...]


def is_remote(text: str) -> bool:
    """Whether a path names something outside this machine (a Git or OCI address)."""
    return "://" in text or text.startswith(_REMOTE)


@final
@dataclass(frozen=True, slots=True)
class Project:
    """Where files are read from: the directory of relative paths, and the variables."""

    directory: Path
    environment: Mapping[str, str]
    including: tuple[Path, ...] = ()
    """The files whose ``include`` led here."""


@final
@dataclass(slots=True)
class Source:
    """Reads files; one for each load, so that a file is read and judged once."""

    root: Path
    """Problems name files relative to this directory."""
    problems: Problems
    read_before: dict[tuple[Path, Path], tuple[Node, ...]] = field(
        default_factory=dict[tuple[Path, Path], tuple[Node, ...]],
    )

    def project(self, files: Sequence[Path], project: Project) -> Node:
        """The files laid over each other, in long forms."""
        merged = _EMPTY
        for file in files:
            path = (project.directory / file).resolve()
            for document in self._documents(path, project, Node(None, self.name(path))):
                extended = self._extended(document, path, project)
                whole = self._with_includes(extended, path, project)
                merged = merge(merged, whole, self.problems)
        return settle(merged)

    def name(self, path: Path) -> str:
        """A file as the user knows it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def env_file(self, path: Path, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables of an env file for interpolation, without keys that have no value."""
        found = read_env_file(path, environment, self.problems, self.name(path))
        return {key: value for key, value in found.items() if value is not None}

    def _documents(self, path: Path, project: Project, wanted: Node) -> tuple[Node, ...]:
        """The file's documents in long forms; ``wanted`` is the place that asks for the file."""
        key = (path, project.directory)
        if key in self.read_before:
            return self.read_before[key]
        self.read_before[key] = ()
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            reason = "does not exist" if not path.exists() else f"is not readable ({error})"
            self.problems.add(
                wanted, f"The file '{self.name(path)}' {reason}.", "Correct the path."
            )
            return ()
        found: list[Node] = []
        for document in read(data, self.name(path), self.problems):
            filled = interpolate(document, project.environment, self.problems)
            known = schema.check(filled, self.problems)
            if known is not None:
                found.append(canonical(known, project.directory, self.problems))
        self.read_before[key] = tuple(found)
        return self.read_before[key]

    def _with_includes(self, document: Node, path: Path, project: Project) -> Node:
        includes = document.get("include")
        if includes is None:
            return document
        chain = (*project.including, path)
        imported = _EMPTY
        for item in includes.sequence():
            imported = self._import(imported, self._included(item, project, chain))
        without = {key: node for key, node in document.mapping().items() if key != "include"}
        return self._import(imported, document.with_value(without))

    def _included(self, item: Node, project: Project, chain: tuple[Path, ...]) -> Node:
        entry = item if item.mapping() else item.with_value({"path": item})
        paths = _list(entry.get("path"))
        if not paths:
            self.problems.add(item, "The include names no file.", "Give it a 'path'.")
            return _EMPTY
        if any(is_remote(path.text()) for path in paths):
            self.problems.add(
                item,
                "The include is remote, and nothing is fetched while settings are read.",
                "Copy the file into the project and include it by its path.",
            )
            return _EMPTY
        files = [(project.directory / path.text()).resolve() for path in paths]
        for path, file in zip(paths, files, strict=True):
            if file in chain:
                self.problems.add(path, "The file includes itself.", "Break the circle.")
                return _EMPTY
            if not file.is_file():
                self.problems.add(
                    path, f"The included file '{self.name(file)}' does not exist.", _PATH_CURE
                )
                return _EMPTY
        given = entry.get("project_directory")
        directory = (project.directory / given.text()).resolve() if given else files[0].parent
        environment = {**self._include_variables(entry, project, directory), **project.environment}
        return self.project(files, Project(directory, environment, chain))

    def _include_variables(self, entry: Node, project: Project, directory: Path) -> dict[str, str]:
        named = _list(entry.get("env_file"))
        if not named:
            default = directory / ".env"
            return self.env_file(default, project.environment) if default.is_file() else {}
        variables: dict[str, str] = {}
        for node in named:
            path = project.directory / node.text()
            if path.is_file():
                variables |= self.env_file(path, {**variables, **project.environment})
            else:
                self.problems.add(
                    node, f"The env file '{self.name(path.resolve())}' does not exist.", _PATH_CURE
                )
        return variables

    def _import(self, base: Node, over: Node) -> Node:
        """Both documents in one; an entry that both define differently is a problem."""
        merged = dict(base.mapping()) | dict(over.mapping())
        for section in _SECTIONS:
            mine, theirs = over.get(section), base.get(section)
            if theirs is None:
                continue
            if mine is None:
                merged[section] = theirs
                continue
            for name, node in mine.mapping().items():
                other = theirs.mapping().get(name)
                if other is not None and other.plain() != node.plain():
                    self.problems.add(
                        node,
                        f"'{name}' is defined here and, differently, in {other.file}:{other.line}.",
                        "Rename one, or put the changes into an override file.",
                    )
            merged[section] = mine.with_value({**theirs.mapping(), **mine.mapping()})
        return over.with_value(merged)

    def _extended(self, document: Node, path: Path, project: Project) -> Node:
        services = document.get("services")
        if services is None:
            return document
        resolved = {
            name: self._resolve(services.mapping(), path, name, (), project)
            for name in services.mapping()
        }
        return document.with_value(
            {**document.mapping(), "services": services.with_value(resolved)},
        )

    def _resolve(
        self, services: Mapping[str, Node], path: Path, name: str, chain: Chain, project: Project
    ) -> Node:
        service = services[name]
        extends = service.get("extends")
        if extends is None:
            return service
        own = service.with_value({k: n for k, n in service.mapping().items() if k != "extends"})
        if (path, name) in chain:
            circle = " -> ".join([*(step for _, step in chain), name])
            self.problems.add(
                extends, f"The service extends itself: {circle}.", "Break the circle."
            )
            return own
        wanted = extends.get("service") or extends
        file = extends.get("file")
        base_path, base_services = path, services
        if file is not None:
            found = self._base_file(file, project)
            if found is None:
                return own
            base_path, base_services = found
        if wanted.text() not in base_services:
            self.problems.add(
                wanted,
                f"The service '{wanted.text()}' to extend is not in '{self.name(base_path)}'.",
                did_you_mean(wanted.text(), base_services),
            )
            return own
        base = self._resolve(
            base_services,
            base_path,
            wanted.text(),
            (*chain, (path, name)),
            Project(base_path.parent, project.environment) if file is not None else project,
        )
        return merge_service(base, own, self.problems)

    def _base_file(self, file: Node, project: Project) -> tuple[Path, Mapping[str, Node]] | None:
        if is_remote(file.text()):
            self.problems.add(
                file,
                "The file to extend is remote, and nothing is fetched while settings are read.",
                "Copy the file into the project and name it by its path.",
            )
            return None
        path = (project.directory / file.text()).resolve()
        merged = _EMPTY
        before = len(self.problems.found)
        base = Project(path.parent, project.environment)
        for document in self._documents(path, base, file):
            merged = merge(merged, document, self.problems)
        if not merged.mapping() and (len(self.problems.found) > before or not path.is_file()):
            return None
        services = merged.get("services")
        return path, services.mapping() if services else {}


_PATH_CURE = "Correct the path, or add the file."


def _list(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.sequence() or ((node,) if not isinstance(node.value, tuple) else ())
