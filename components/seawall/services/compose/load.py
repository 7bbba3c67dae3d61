"""From Compose files to the application: every step in order, all problems at once."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from seawall.errors import did_you_mean
from seawall.services.compose import profiles as selection
from seawall.services.compose import references
from seawall.services.compose.account import account
from seawall.services.compose.names import project_name
from seawall.services.compose.node import Node, Problems
from seawall.services.compose.reader import Reader, text
from seawall.services.compose.service import service_of
from seawall.services.compose.source import Project, Source
from seawall.services.compose.toplevel import (
    file_source_of,
    network_of,
    sections_of,
    volume_of,
)
from seawall.services.model import Application, Fate, Mode, Service

_DEFAULT_NETWORK = "default"
_PROJECT_VARIABLE = "COMPOSE_PROJECT_NAME"
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
_NO_REPLICAS: Mapping[str, int] = MappingProxyType({})
_OF_THE_COMMAND = ("COMPOSE_FILE", "COMPOSE_PROFILES")


def load(
    files: Sequence[Path],
    *,
    project_directory: Path,
    profiles: Sequence[str] = (),
    environment: Mapping[str, str] = _NO_VARIABLES,
    replicas: Mapping[str, int] = _NO_REPLICAS,
    known_secrets: Container[str] = (),
) -> Application:
    """The application that the Compose files describe.

    ``files``: later ones are laid over earlier ones. ``project_directory`` has Compose's meaning:
    relative paths and ``.env`` are found there. ``profiles``: which ones are on. ``environment``:
    values for ``${VARIABLE}``, before those of ``.env``; the process's own environment is never
    read. ``replicas``: by service, instead of the file's. ``known_secrets``: secrets whose value
    comes from elsewhere, so that their file or variable may be missing.

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
) -> Application:
    """What could be read, with what is wrong added to ``problems``. See ``load``.

    Raises ``InvalidInputError`` only if there is nothing to read.
    """
    root = project_directory.resolve()
    source = Source(root, problems)
    dotenv = root / ".env"
    found = source.env_file(dotenv, environment) if dotenv.is_file() else {}
    variables = {_PROJECT_VARIABLE: project_name(root.name), **found, **environment}
    document = source.project(files, Project(root, variables))
    reader = Reader(variables, problems, source.name)
    for name in _OF_THE_COMMAND:
        if name in found:
            why = "The settings name the files and profiles; the variable is not read."
            reader.note(f".env.{name}", why, Fate.IGNORED)
    first = source.name((root / files[0]).resolve()) if files else str(root)
    if not sections_of(document)["services"]:
        problems.stop()
        whole = Node(None, first, (), 1)
        cure = "Describe at least one service under 'services'."
        problems.add(whole, "The Compose file has no services.", cure, "services")
    return _application(document, profiles, replicas, known_secrets, first=first, reader=reader)


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
    return Application(
        name=text(document.get("name")) or reader.environment[_PROJECT_VARIABLE],
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
