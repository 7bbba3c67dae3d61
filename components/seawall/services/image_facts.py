"""What Seawall knows about official images: as whom they run, and where they write.

These images start as root and step down by themselves. Pods here never start as root, so the user
must be known beforehand. Sources: the images' Dockerfiles, at the addresses beside the entries.
"""

import re
from dataclasses import dataclass
from typing import Final, final


@final
@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image's user and group by number, and directories it writes to that hold no data."""

    user: int
    group: int
    scratch: tuple[str, ...] = ()
    rooted: bool = False
    """Whether those directories are root's alone in the image, others' not at all.

    A tmpfs takes over their mode, so the user can write there only if the mount can be given to it.
    """


_POSTGRES_SCRATCH: Final = ("/run/postgresql",)
_APACHE_SCRATCH: Final = ("/run/apache2", "/run/lock")

_FACTS: Final[dict[tuple[str, bool], ImageFacts]] = {
    # https://github.com/docker-library/postgres
    ("postgres", False): ImageFacts(999, 999, _POSTGRES_SCRATCH),
    ("postgres", True): ImageFacts(70, 70, _POSTGRES_SCRATCH),
    # https://github.com/redis/docker-library-redis
    ("redis", False): ImageFacts(999, 999),
    ("redis", True): ImageFacts(999, 1000),
    # https://github.com/MariaDB/mariadb-docker
    ("mariadb", False): ImageFacts(999, 999, ("/run/mysqld",)),
    # https://github.com/docker-library/mysql
    ("mysql", False): ImageFacts(999, 999, ("/run/mysqld",)),
    # https://github.com/docker-library/mongo
    ("mongo", False): ImageFacts(999, 999),
    # https://github.com/docker-library/memcached
    ("memcached", False): ImageFacts(11211, 11211),
    ("memcached", True): ImageFacts(11211, 11211),
    # https://github.com/docker-library/rabbitmq
    ("rabbitmq", False): ImageFacts(999, 999),
    ("rabbitmq", True): ImageFacts(100, 101),
    # https://github.com/docker-library/wordpress (Debian's and Alpine's www-data)
    ("wordpress", False): ImageFacts(33, 33, _APACHE_SCRATCH),
    ("wordpress", True): ImageFacts(82, 82),
    # https://github.com/nginx/docker-nginx
    ("nginx", False): ImageFacts(101, 101, ("/var/cache/nginx", "/run"), rooted=True),
    ("nginx", True): ImageFacts(101, 101, ("/var/cache/nginx", "/run"), rooted=True),
    # https://github.com/docker-library/httpd
    ("httpd", False): ImageFacts(33, 33, ("/usr/local/apache2/logs",), rooted=True),
    ("httpd", True): ImageFacts(82, 82, ("/usr/local/apache2/logs",), rooted=True),
    # https://github.com/nodejs/docker-node
    ("node", False): ImageFacts(1000, 1000),
    ("node", True): ImageFacts(1000, 1000),
}

_OFFICIAL: Final = re.compile(
    r"(?:(?:docker\.io|registry-1\.docker\.io)/)?(?:library/)?(?P<name>[a-z0-9._-]+)"
    r"(?::(?P<tag>[^@]+))?(?:@.+)?"
)


def image_facts(image: str) -> ImageFacts | None:
    """What is known about an image of the Docker Hub's library; None: nothing."""
    match = _OFFICIAL.fullmatch(image)
    if not match:
        return None
    return _FACTS.get((match["name"], "alpine" in (match["tag"] or "")))
