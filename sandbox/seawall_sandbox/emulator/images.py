"""Public machine images that programs look for and moto has not: names as published, ids made up.

moto has Amazon Linux, Windows and the images for ECS. Canonical's and Debian's names have the form
that their publishers give, so that a program's filters find them:
https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ and
https://wiki.debian.org/Cloud/AmazonEC2Image.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

_CANONICAL: Final = "099720109477"
_DEBIAN: Final = "136693071363"
_RED_HAT: Final = "309956199498"

_UBUNTU: Final = (
    ("hvm-ssd/ubuntu-bionic-18.04", "2023-06-07"),
    ("hvm-ssd/ubuntu-focal-20.04", "2025-06-03"),
    ("hvm-ssd/ubuntu-jammy-22.04", "2026-02-18"),
    ("hvm-ssd-gp3/ubuntu-noble-24.04", "2026-02-18"),
)
_RELEASES: Final = (("debian-11", "2024-10-04"), ("debian-12", "2026-02-10"))
_DEFAULTS_FILE: Final = "ec2/resources/amis.json"
_MACHINES: Final = {"amd64": "x86_64", "arm64": "arm64"}


def with_public_images(load: Callable[[str], Any]) -> Callable[[str], Any]:
    """The loader of moto's data, with these images among those that each region has."""

    def loading(resource: str) -> Any:
        found = load(resource)
        return [*found, *_images()] if resource == _DEFAULTS_FILE else found

    return loading


def _images() -> Iterator[dict[str, Any]]:
    for word, machine in _MACHINES.items():
        for name, day in _UBUNTU:
            full = f"ubuntu/images/{name}-{word}-server-{day.replace('-', '')}"
            yield _image(_CANONICAL, full, machine, day, "/dev/sda1")
        for name, day in _RELEASES:
            full = f"{name}-{word}-{day.replace('-', '')}-1"
            yield _image(_DEBIAN, full, machine, day, "/dev/xvda")
        full = f"RHEL-9.4.0_HVM-20260120-{machine}-0-Hourly2-GP3"
        yield _image(_RED_HAT, full, machine, "2026-01-20", "/dev/sda1")


def _image(owner: str, name: str, machine: str, day: str, device: str) -> dict[str, Any]:
    return {
        "ami_id": f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}",
        "architecture": machine,
        "creation_date": f"{day}T00:00:00.000Z",
        "description": name.rpartition("/")[2],
        "hypervisor": "xen",
        "image_location": f"{owner}/{name}",
        "image_type": "machine",
        "name": name,
        "owner_id": owner,
        "public": True,
        "root_device_name": device,
        "root_device_type": "ebs",
        "sriov": "simple",
        "state": "available",
        "virtualization_type": "hvm",
    }
