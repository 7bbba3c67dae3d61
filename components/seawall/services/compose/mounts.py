"""Ports, volumes, tmpfs, secrets and configs of a service."""

from collections.abc import Mapping
from pathlib import Path

from seawall.services.compose.node import Node
from seawall.services.compose.ports import FormError, is_host_path, parse_range
from seawall.services.compose.reader import Reader, text
from seawall.services.compose.units import parse_mode
from seawall.services.model import FileMount, Mount, MountKind, Port

_MAX_PORT = 65535
_SOCKET = "docker.sock"
_PROTOCOLS = ("tcp", "udp", "sctp")
_DEFAULT_FILE_MODE = 0o444


def ports_of(service: Node, name: str, reader: Reader) -> tuple[Port, ...]:
    """Published and exposed ports, by target and protocol."""
    found: dict[Port, None] = {}
    for node in service.items("ports"):
        port = _port(node, reader)
        if port is None:
            continue
        if port.published is None:
            why = "Without a published port it is reached by other services only."
            reader.note(f"services.{name}.ports", why)
        found[port] = None
    known = {(port.target, port.protocol) for port in found}
    for node in service.items("expose"):
        spec, _, protocol = node.text().partition("/")
        try:
            targets = parse_range(spec)
        except FormError as error:
            reader.problems.add(node, str(error), error.cure)
            continue
        protocol = protocol.lower() or "tcp"
        if protocol not in _PROTOCOLS:
            reader.problems.add(
                node, f"'{protocol}' is no protocol of a port.", "Use tcp, udp or sctp."
            )
            continue
        new = ((port, protocol) for port in targets if (port, protocol) not in known)
        found |= dict.fromkeys(Port(port, protocol) for port, protocol in new)
    return tuple(sorted(found, key=lambda p: (p.target, p.protocol, p.published or 0, p.host_ip)))


def _port(node: Node, reader: Reader) -> Port | None:
    target = node.get("target")
    if target is None:
        reader.problems.add(node, "The port has no target.", "Add 'target', the container's port.")
        return None
    published = node.get("published")
    if published is not None and not published.text().isdigit():
        what = f"'{published.text()}' is no single port to publish."
        reader.problems.add(published, what, "Publish one port; a range would be chance.")
        return None
    number = reader.whole(target, 1, 1, _MAX_PORT)
    return Port(
        target=number,
        protocol=reader.one_of(node.get("protocol"), _PROTOCOLS, "tcp"),
        published=reader.maybe_whole(published, 1, _MAX_PORT),
        host_ip=text(node.get("host_ip")),
        host_mode=reader.one_of(node.get("mode"), ("ingress", "host"), "ingress") == "host",
        name=text(node.get("name")),
        app_protocol=text(node.get("app_protocol")),
    )


def mounts_of(service: Node, name: str, reader: Reader) -> tuple[Mount, ...]:
    """Volumes and tmpfs, by target. A bind mount or a target used twice is a problem."""
    found: dict[str, tuple[Mount, Node]] = {}
    listed = [(_volume(node, name, reader), node) for node in service.items("volumes")]
    listed += [(_tmpfs(node, reader), node) for node in service.items("tmpfs")]
    for mount, node in listed:
        if mount is None:
            continue
        key = mount.target.rstrip("/")
        if not mount.target.startswith("/") or not key:
            reader.problems.add(
                node,
                f"The target '{mount.target}' is no absolute path below the root.",
                "Write the full path in the container, such as /var/lib/data.",
            )
        elif key in found:
            reader.problems.add(
                node,
                f"'{mount.target}' is mounted twice, first in line {found[key][1].line}.",
                "Remove one of the two, or use another path.",
            )
        else:
            found[key] = (mount, node)
    return tuple(found[key][0] for key in sorted(found))


def _volume(node: Node, name: str, reader: Reader) -> Mount | None:
    kind, source, target = (text(node.get(key)) for key in ("type", "source", "target"))
    if kind in ("bind", "npipe", "cluster", "image"):
        _refuse(node, kind, source, reader)
        return None
    if not target:
        reader.problems.add(
            node, "The volume has no target.", "Add 'target', the path it shows at."
        )
        return None
    if kind == "volume" and is_host_path(source):
        _refuse(node, "bind", source, reader)
        return None
    if kind == "volume" and not source:
        why = "A volume without a name is empty at the start of each task and ends with it."
        reader.note(f"services.{name}.volumes", why)
    return Mount(
        kind=MountKind.TMPFS if kind == "tmpfs" else MountKind.VOLUME,
        target=target,
        source=source if kind == "volume" else "",
        read_only=reader.truth(node.get("read_only")),
        subpath=text(node.get("volume", "subpath")),
        nocopy=reader.truth(node.get("volume", "nocopy")),
        size=reader.size(node.get("tmpfs", "size")),
    )


def _refuse(node: Node, kind: str, source: str, reader: Reader) -> None:
    if kind != "bind":
        reader.problems.add(
            node, f"Volumes of type '{kind}' are not there on a cluster.", "Use a named volume."
        )
    elif source.endswith(_SOCKET):
        reader.problems.add(
            node,
            "The service mounts Docker's socket, which rules the whole node.",
            "Remove it; a service that watches containers needs the cluster's own API.",
        )
    else:
        reader.problems.add(
            node,
            f"The service mounts '{reader.name_of(Path(source))}' from the host, and cluster nodes "
            "do not have it.",
            "Use 'configs' or 'secrets' for a file, a named volume for data, and the image for "
            "code.",
        )


def _tmpfs(node: Node, reader: Reader) -> Mount:
    return Mount(
        kind=MountKind.TMPFS,
        target=text(node.get("target")),
        read_only="ro" in node.mapping(),
        size=reader.size(node.get("size")),
    )


def files_of(
    service: Node, section: str, known: Mapping[str, Node], reader: Reader
) -> tuple[FileMount, ...]:
    """The ``secrets`` or ``configs`` that a service mounts, by target."""
    folder = "/run/secrets/" if section == "secrets" else "/"
    found: dict[str, FileMount] = {}
    for node in service.items(section):
        source = text(node.get("source"))
        if source not in known:
            kind = section.removesuffix("s")
            what = f"The {kind} '{source}' is not defined under the top-level '{section}'."
            reader.problems.add(node, what, f"Define it there, with its {kind}'s source.")
            continue
        target = text(node.get("target")) or source
        target = target if target.startswith("/") else folder + target
        if target in found:
            reader.problems.add(node, f"'{target}' is mounted twice.", "Remove one of the two.")
            continue
        mode = node.get("mode")
        number = mode.value if mode is not None else None
        found[target] = FileMount(
            source=source,
            target=target,
            mode=number
            if isinstance(number, int)
            else reader.parsed(mode, parse_mode, _DEFAULT_FILE_MODE),
            uid=text(node.get("uid")),
            gid=text(node.get("gid")),
        )
    return tuple(found[target] for target in sorted(found))
