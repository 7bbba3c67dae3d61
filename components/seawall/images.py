"""Which image each service runs, and under which name it is in the platform's registry. Pure."""

import re
from dataclasses import dataclass
from typing import final

from seawall.services.model import Application, Service


@final
@dataclass(frozen=True, slots=True)
class Image:
    """The image of one service. The repository is the service's own: ``<platform>/<service>``."""

    service: str
    tag: str
    upstream: str
    """Where a third-party image is copied from; empty for one that is built here."""


def images(application: Application, release: str) -> tuple[Image, ...]:
    """One image for each service: built ones carry the release's tag, others their upstream tag."""
    return tuple(_image(service, release) for service in application.services)


def _image(service: Service, release: str) -> Image:
    if service.build is not None:
        return Image(service.name, release, "")
    return Image(service.name, _tag(service.image), service.image)


def _tag(reference: str) -> str:
    """The tag of an image reference.

    A reference by digest alone gets a tag made from the digest.
    """
    name, _, digest = reference.partition("@")
    tag = re.search(r":([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$", name)
    if tag:
        return tag.group(1)
    return digest.replace(":", "-")[:128]
