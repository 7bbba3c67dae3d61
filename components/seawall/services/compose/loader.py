"""From Compose files to the application: every step in order, all problems at once."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from seawall.errors import did_you_mean
from seawall.services.compose import profiles as selection
from seawall.services.compose import references
from seawall.services.compose.account import account
from seawall.services.compose.interpolate import interpolate
from seawall.services.compose.names import is_project_name, project_name
from seawall.services.compose.node import Node, Problems
from seawall.services.compose.reader import Reader
from seawall.services.compose.service import service_of
from seawall.services.compose.source import Project, Source
from seawall.services.compose.toplevel import (
    file_source_of,
    network_of,
    sections_of,
    volume_of,
)
from seawall.services.compose.yaml_reader import MAX_BYTES, read
from seawall.services.model import Application, Fate, Mode, Service

_DEFAULT_NETWORK = "default"
_PROJECT_VARIABLE = "COMPOSE_PROJECT_NAME"
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
_NO_REPLICAS: Mapping[str, int] = MappingProxyType({})
_NAME_KEY = re.compile(rb"(?m)^[\"']?name[\"']?[ \t]*:|^[ \t]*\{")
_OF_THE_COMMAND = ("COMPOSE_FILE", "COMPOSE_PROFILES")


def load(
    files: Sequence[Path],
    *,
    project_directory: Path,
    profiles: Sequence[str] = (),
    environment: Mapping[str, str] = _NO_VARIABLES,
    replicas: Mapping[str, int] = _NO_REPLICAS,
    known_secrets: Container[str] = (),
    root: Path | None = None,
) -> Application:
    """The application that the Compose files describe.

    ``files``: later ones are laid over earlier ones. ``project_directory`` has Compose's meaning:
    relative paths in the files start there, and ``.env`` is found there. ``profiles``: which ones
    are on. ``environment``: values for ``${VARIABLE}``, before those of ``.env``; the process's own
    environment is never read. ``replicas``: by service, instead of the file's. ``known_secrets``:
    secrets whose value comes from elsewhere, so that their file may be missing. ``root``: problems
    name files relative to it; the project directory unless given.

    Raises ``InvalidInputError`` with every problem found.
    """
    problems = Problems()
    application = examine(
        files,
        problems,
        project_directory=project_directory,
        profiles=profiles,
        environment=environment,
        replicas=replicas,
        known_secrets=known_secrets,
        root=root,
    )
    problems.stop()
    return application


def examine(
    files: Sequence[Path],
    problems: Problems,
    *,
    project_directory: Path,
    profiles: Sequence[str] = (),
    environment: Mapping[str, str] = _NO_VARIABLES,
    replicas: Mapping[str, int] = _NO_REPLICAS,
    known_secrets: Container[str] = (),
    root: Path | None = None,
) -> Application:
    """What could be read, with what is wrong added to ``problems``. See ``load``.

    Raises ``InvalidInputError`` only if there is nothing to read.
    """
    directory = project_directory.resolve()
    files = [file.resolve() for file in files]
    source = Source((root or directory).resolve(), problems)
    dotenv = directory / ".env"
    found = source.env_file(dotenv, environment) if dotenv.is_file() else {}
    variables = {**found, **environment}
    name = variables.get(_PROJECT_VARIABLE) or _declared_name(files, variables)
    variables[_PROJECT_VARIABLE] = name or project_name(directory.name)
    document = source.project(files, Project(directory, variables))
    reader = Reader(variables, problems, source.name)
    for name in _OF_THE_COMMAND:
        if name in found:
            why = "The settings name the files and profiles; the variable is not read."
            reader.note(f".env.{name}", why, Fate.IGNORED)
    first = source.name(files[0]) if files else str(directory)
    if not sections_of(document)["services"]:
        problems.stop()
        whole = Node(None, first, (), 1)
        cure = "Describe at least one service under 'services'."
        problems.add(whole, "The Compose file has no services.", cure, "services")
    return _application(document, profiles, replicas, known_secrets, first=first, reader=reader)


def _declared_name(files: Sequence[Path], variables: Mapping[str, str]) -> str:
    """The top-level ``name``, which other values may refer to, or empty.

    What is wrong with a file is reported when it is read in earnest.
    """
    name = ""
    for path in files:
        data = path.read_bytes() if path.is_file() else b""
        if not _NAME_KEY.search(data) or len(data) > MAX_BYTES:
            continue
        for document in read(data, "", Problems()):
            filled = interpolate(
                document.get("name") or document.with_value(""), variables, Problems()
            )
            name = filled.text() or name
    return name


def _application(
    document: Node,
    profiles: Sequence[str],
    replicas: Mapping[str, int],
    known_secrets: Container[str],
    *,
    first: str,
    reader: Reader,
) -> Application:
    sections = sections_of(document)
    nodes = selection.select(sections["services"], profiles, first, reader)
    kept = document.get("services") or document
    notes = account(
        document.with_value({**document.mapping(), "services": kept.with_value(nodes)}),
        reader.problems,
    )
    services = [
        _with_replicas(service_of(name, node, sections, reader), replicas)
        for name, node in nodes.items()
    ]
    services = references.with_ends(services, nodes)
    for name in sorted(replicas.keys() - nodes.keys()):
        what = f"The settings give replicas for '{name}', which is no service that is on."
        cure = did_you_mean(name, nodes)
        reader.problems.add(Node(None, first), what, cure, "services", name)
    volumes = {name: volume_of(name, n, reader) for name, n in sections["volumes"].items()}
    references.check(services, nodes, volumes, reader)
    for section in ("networks", "volumes", "secrets", "configs"):
        references.check_names(section, sections[section], reader)
    networks = {name: network_of(name, n, reader) for name, n in sections["networks"].items()}
    joined = {membership.network for service in services for membership in service.networks}
    if _DEFAULT_NETWORK in joined and _DEFAULT_NETWORK not in networks:
        networks[_DEFAULT_NETWORK] = network_of(_DEFAULT_NETWORK, Node(None), reader)
    files = {
        section: tuple(
            file_source_of(name, sections[section][name], section, known_secrets, reader)
            for name in sorted(sections[section])
        )
        for section in ("secrets", "configs")
    }
    name = reader.environment[_PROJECT_VARIABLE]
    if not is_project_name(name):
        what = f"'{name}' cannot be the name of the application."
        cure = "Set 'name' to lower-case letters, digits, '-' and '_', a letter or digit first."
        reader.problems.add(document.get("name") or Node(None, first, (), 1), what, cure)
    return Application(
        name=name,
        services=tuple(sorted(services, key=lambda service: service.name)),
        networks=tuple(networks[name] for name in sorted(networks)),
        volumes=tuple(volumes[name] for name in sorted(volumes)),
        secrets=files["secrets"],
        configs=files["configs"],
        notes=tuple(sorted({*notes, *reader.notes})),
    )


def _with_replicas(service: Service, replicas: Mapping[str, int]) -> Service:
    if service.name not in replicas or service.mode is Mode.GLOBAL:
        return service
    return replace(service, replicas=replicas[service.name])
