"""Hashes of assets: what tells the engine that a file changed behind the same path.

A hash is the SHA-256 of an asset's content. That of an archive is of the archive file itself, or of
a plain tar of what it holds, as Go's ``archive/tar`` writes one (sdk/go/common/resource/asset and
archive of pulumi/pulumi), so that states of the stock engine agree with ours.
"""

import hashlib
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.values import Asset, Properties, Secret

_HASH: Final = "hash"
_TARS: Final = (".tar", ".tgz", ".tar.gz")
_ZIPS: Final = (".zip", ".jar")
_BLOCK: Final = 512
_NAME: Final = 100
_PREFIX: Final = 155
"""The room that a tar header has for a name and for the directories before it."""
_OWN_DIRECTORY: Final = ".pulumi"
"""Left out of archives of directories."""


def with_hashes(properties: Properties, directory: Path) -> Properties:
    """``properties`` with the hash of each asset in them; paths are relative to ``directory``.

    Remote assets have none: the sandbox asks nobody outside. Raises ``EngineError`` for what cannot
    be read.
    """
    return {key: _hashed(value, directory) for key, value in properties.items()}


def _hashed(value: Any, directory: Path) -> Any:
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if isinstance(value, dict):
        return with_hashes(cast("dict[str, Any]", value), directory)
    if isinstance(value, list):
        return [_hashed(item, directory) for item in cast("list[Any]", value)]
    if isinstance(value, Secret):
        return Secret(_hashed(value.value, directory))
    if isinstance(value, Asset) and _HASH not in value.fields and "uri" not in value.fields:
        return _with_hash(value, directory)
    return value


def _with_hash(asset: Asset, directory: Path) -> Asset:
    fields = with_hashes(dict(asset.fields), directory)
    digest = hashlib.sha256()
    try:
        for part in _parts(asset, directory):
            digest.update(part)
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        kind = "archive" if asset.archive else "asset"
        raise EngineError(
            f"The {kind} {asset.fields.get('path')} cannot be read: {error}. Correct its path, "
            f"which is relative to {directory}."
        ) from error
    return Asset({**fields, _HASH: digest.hexdigest()}, archive=asset.archive)


def _parts(asset: Asset, directory: Path) -> Iterator[bytes]:
    """What the hash is of."""
    path = asset.fields.get("path")
    if not asset.archive or (path and str(path).endswith((*_TARS, *_ZIPS))):
        yield _content(asset, directory)
        return
    seen: set[str] = set()
    for name, content in _members(asset, directory):
        if name not in seen:
            seen.add(name)
            yield _tar_header(name, len(content))
            yield content + bytes(-len(content) % _BLOCK)
    yield bytes(2 * _BLOCK)


def _content(asset: Asset, directory: Path) -> bytes:
    if "text" in asset.fields:
        return str(asset.fields["text"]).encode()
    return (directory / str(asset.fields.get("path", ""))).read_bytes()


def _members(asset: Asset, directory: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of all that an archive holds."""
    held: dict[str, Asset] = asset.fields.get("assets") or {}
    for name in sorted(held, key=str.encode):
        inner = held[name]
        if inner.archive:
            for below, content in _members(inner, directory):
                yield str(PurePosixPath(name, below)), content
        else:
            yield name, _content(inner, directory)
    if "path" not in asset.fields:
        return
    path = directory / str(asset.fields["path"])
    if path.name.endswith(_TARS):
        with tarfile.open(path) as tar:
            for entry in tar:
                file = tar.extractfile(entry) if entry.isreg() else None
                if file is not None:
                    yield str(PurePosixPath(entry.name)), file.read()
    elif path.name.endswith(_ZIPS):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield str(PurePosixPath(info.filename)), archive.read(info)
    elif path.is_dir():
        yield from _files(path, path)
    else:
        raise FileNotFoundError("it is neither an archive nor a directory")


def _files(root: Path, directory: Path) -> Iterator[tuple[str, bytes]]:
    """The files below a directory, each directory's in the order of their names."""
    for entry in sorted(os.scandir(directory), key=lambda entry: os.fsencode(entry.name)):
        if entry.name == _OWN_DIRECTORY:
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, path)
        elif not path.is_dir():
            yield path.relative_to(root).as_posix(), path.read_bytes()


def _tar_header(name: str, size: int) -> bytes:
    """A member's header, with nothing in it but name, size and mode 0600."""
    encoded, prefix = name.encode(), b""
    if len(encoded) > _NAME:
        slash = encoded[: _PREFIX + 1].rfind(b"/")
        prefix, encoded = encoded[: max(slash, 0)], encoded[slash + 1 :]
    device = b"0000000\0"
    if name.isascii() and 0 < len(encoded) <= _NAME:
        return _block(encoded, b"0000600\0", size, b"0", device, prefix=prefix)
    # What does not fit goes into a record of its own before it (POSIX.1-2001, "pax").
    path = PurePosixPath(name)
    record = f" path={name}\n".encode()
    length = len(record) + len(str(len(record)))
    length = len(record) + len(str(length))
    record = b"%d" % length + record
    title = str(path.parent / "PaxHeaders.0" / path.name)
    return (
        _block(_ascii(title).rstrip(b"/"), b"0000000\0", len(record), b"x", bytes(8))
        + record
        + bytes(-len(record) % _BLOCK)
        + _block(_ascii(name), b"0000600\0", size, b"0", device)
    )


def _ascii(name: str) -> bytes:
    return name.encode("ascii", "ignore")[:_NAME]


def _block(
    name: bytes, mode: bytes, size: int, kind: bytes, device: bytes, *, prefix: bytes = b""
) -> bytes:
    """A header block in the format "ustar", for owner 0 at time 0."""
    fields = (
        name.ljust(_NAME, b"\0"),
        mode,
        b"0000000\0" * 2,
        b"%011o\0" % size,
        b"%011o\0" % 0,
        b" " * 8,
        kind.ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        device * 2,
        prefix.ljust(_BLOCK - 345, b"\0"),
    )
    header = b"".join(fields)
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]
