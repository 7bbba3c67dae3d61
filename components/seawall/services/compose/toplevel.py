"""Networks, volumes, secrets and configs of the Compose file."""

from collections.abc import Container, Mapping
from pathlib import Path

from seawall.services.compose.extension import volume_extension
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text
from seawall.services.model import FileSource, Network, Volume

_MAX_FILE = 1024 * 1024
"""What Kubernetes takes in a Secret or ConfigMap, in bytes."""
_SOURCES = ("file", "environment", "content", "external")


def network_of(name: str, node: Node, reader: Reader) -> Network:
    """A network."""
    encrypted = node.get("driver_opts", "encrypted")
    said = "encrypted" in node.entries("driver_opts")
    return Network(
        name=name,
        internal=reader.truth(node.get("internal")),
        encrypted=said and text(encrypted).lower() not in ("false", "0"),
        external=is_external(node, reader),
    )


def volume_of(name: str, node: Node, reader: Reader) -> Volume:
    """A volume; ``driver: local`` is Docker's default and the same as none."""
    size, shared = volume_extension(node, reader)
    driver = text(node.get("driver"))
    return Volume(
        name=name,
        external=is_external(node, reader),
        driver="" if driver == "local" else driver,
        size=size,
        shared=shared,
    )


def is_external(node: Node, reader: Reader) -> bool:
    """Whether it is made elsewhere; the older form is a mapping with a name."""
    external = node.get("external")
    return external is not None and (bool(external.mapping()) or reader.truth(external))


def file_source_of(
    name: str, node: Node, section: str, known_secrets: Container[str], reader: Reader
) -> FileSource:
    """A secret or config. Its value is not read here; a file must be there unless it is known.

    A variable is not looked up: the program that makes the secret has the environment to do so.
    """
    kind = section.removesuffix("s")
    external = is_external(node, reader)
    given = [key for key in _SOURCES if key in node.mapping() and (key != "external" or external)]
    known = kind == "secret" and name in known_secrets
    if len(given) != 1 and not (known and not given):
        words = " and ".join(f"'{key}'" for key in given) or "none"
        what = f"The {kind} '{name}' takes exactly one source, and has {words}."
        reader.problems.add(node, what, "Give one of file, environment, external.")
    path = Path(text(node.get("file"))) if node.get("file") else None
    if not known and path is not None:
        _check_file(path, node, kind, reader)
    content = node.mapping().get("content")
    return FileSource(
        name=name,
        file=path,
        environment=text(node.get("environment")),
        content=content.text() if content is not None else None,
        external=external,
        external_name=text(node.get("external", "name") or node.get("name")) if external else "",
    )


def _check_file(path: Path, node: Node, kind: str, reader: Reader) -> None:
    shown = reader.name_of(path)
    if not path.is_file():
        sources = (
            ", or give the secret in the settings' services.secrets" if kind == "secret" else ""
        )
        what = f"The {kind}'s file '{shown}' does not exist."
        reader.problems.add(node, what, f"Add it, correct the path{sources}.", "file")
    elif path.stat().st_size > _MAX_FILE:
        what = f"The {kind}'s file '{shown}' has more than {_MAX_FILE} bytes, a cluster's limit."
        reader.problems.add(node, what, "Put large files into the image or a volume.", "file")


def sections_of(document: Node) -> dict[str, Mapping[str, Node]]:
    """Every section by name, empty where the document has none."""
    names = ("services", "networks", "volumes", "secrets", "configs")
    return {section: document.entries(section) for section in names}
