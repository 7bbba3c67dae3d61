"""Ports and volumes in Compose's short forms.

Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports and #volumes.
"""

import re
from dataclasses import dataclass
from typing import final

_MAX_PORT = 65535
_SPEC = re.compile(
    r"(?:(?P<ip>\[[0-9A-Fa-f:.%]+\]|[0-9.]+):(?=[^:]*:))?(?:(?P<published>[^:]*):)?(?P<target>[^:]+)",
)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class FormError(ValueError):
    """A short form that cannot be read; ``cure`` says what to write."""

    def __init__(self, message: str, cure: str) -> None:
        self.cure = cure
        super().__init__(message)


@final
@dataclass(frozen=True, slots=True)
class PortForm:
    """One port of a short form. ``published`` is None when Docker would choose a free one."""

    target: int
    published: int | None
    protocol: str
    host_ip: str


def parse_port(text: str) -> tuple[PortForm, ...]:
    """The ports of ``[[ip:]published:]target[/protocol]``; ranges give several.

    Raises ``FormError``.
    """
    spec, _, protocol = text.partition("/")
    protocol = protocol.lower() or "tcp"
    match = _SPEC.fullmatch(spec)
    if match is None or protocol not in ("tcp", "udp", "sctp"):
        raise FormError(
            f"'{text}' is no port.", "Write published:target, such as 8080:80 or 53:53/udp."
        )
    targets = parse_range(match["target"])
    host_ip = (match["ip"] or "").strip("[]")
    if not match["published"]:
        return tuple(PortForm(port, None, protocol, host_ip) for port in targets)
    published = parse_range(match["published"])
    if len(published) != len(targets):
        raise FormError(
            f"'{text}' publishes {len(published)} ports for {len(targets)}; which one Docker takes "
            "is chance.",
            "Give both ranges the same length, or one port each.",
        )
    return tuple(
        PortForm(port, outer, protocol, host_ip)
        for port, outer in zip(targets, published, strict=True)
    )


def parse_range(text: str) -> range:
    """The ports of ``80`` or ``8000-8010``. Raises ``FormError``."""
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise FormError(f"'{text}' is no port number.", "Write a number from 1 to 65535.")
    low, high = int(first), int(last)
    if not 1 <= low <= _MAX_PORT or not low <= high <= _MAX_PORT:
        raise FormError(
            f"The port '{text}' is out of range.",
            "Write a number from 1 to 65535, lower end first.",
        )
    return range(low, high + 1)


@final
@dataclass(frozen=True, slots=True)
class VolumeForm:
    """A volume's short form, ``[source:]target[:options]``."""

    source: str
    target: str
    options: tuple[str, ...]

    @property
    def is_bind(self) -> bool:
        """Whether the source is a path of the host."""
        return is_host_path(self.source)


def is_host_path(source: str) -> bool:
    """Whether a volume's source is a path: starts with ``.``, ``/``, ``~`` or a Windows drive."""
    return source.startswith((".", "/", "~", "\\\\")) or bool(_DRIVE.match(source))


def parse_volume(text: str) -> VolumeForm:
    """A volume's short form. Raises ``FormError``."""
    drive = text[:2] if _DRIVE.match(text) else ""
    parts = text[len(drive) :].split(":")
    parts[0] = drive + parts[0]
    if any(not part for part in parts[:2]) or len(parts) > 3:  # source, target, options
        raise FormError(
            f"'{text}' is no volume.",
            "Write source:target or source:target:ro, such as data:/data.",
        )
    if len(parts) == 1:
        return VolumeForm("", parts[0], ())
    options = tuple(parts[2].split(",")) if len(parts) > 2 else ()  # as above
    return VolumeForm(parts[0], parts[1], options)


def parse_tmpfs(text: str) -> tuple[str, tuple[str, ...]]:
    """Target and options of ``tmpfs: /run:size=64m,mode=1777``."""
    target, _, options = text.partition(":")
    return target, tuple(option for option in options.split(",") if option)
