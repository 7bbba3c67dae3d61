"""Hashes of assets. What the stock CLI makes of them is in the agreement corpus."""

import hashlib
import io
import tarfile
import zipfile

import pytest

from seawall_sandbox.engine.assets import with_hashes
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.values import Asset, Secret


def hashed(value, directory):
    return with_hashes({"x": value}, directory)["x"]


def test_assets_are_found_at_any_depth(tmp_path):
    (tmp_path / "f").write_text("one")
    text, file = Asset({"text": "hello"}), Asset({"path": "f"})
    found = hashed([Secret({"deep": text}), file, 1, "s", None], tmp_path)
    assert found[0].value["deep"].fields["hash"] == hashlib.sha256(b"hello").hexdigest()
    assert found[1].fields == {"path": "f", "hash": hashlib.sha256(b"one").hexdigest()}
    assert found[2:] == [1, "s", None]


def test_remote_assets_are_not_asked_for(tmp_path):
    asset = Asset({"uri": "https://example.com/x"})
    assert hashed(asset, tmp_path) == asset


def test_an_archive_file_is_taken_as_it_is_and_its_members_elsewhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("in/a.txt", "a")
        archive.mkdir("empty")
    with tarfile.open(tmp_path / "t.tgz", "w:gz") as tar:
        info = tarfile.TarInfo("in/a.txt")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"a"))
    for name in ("z.zip", "t.tgz"):
        alone = hashed(Asset({"path": name}, archive=True), tmp_path)
        raw = (tmp_path / name).read_bytes()
        assert alone.fields["hash"] == hashlib.sha256(raw).hexdigest()
        held = {"below": Asset({"path": name}, archive=True)}
        within = hashed(Asset({"assets": held}, archive=True), tmp_path)
        plain = {"below/in/a.txt": Asset({"text": "a"})}
        same = hashed(Asset({"assets": plain}, archive=True), tmp_path)
        assert within.fields["hash"] == same.fields["hash"]


@pytest.mark.parametrize("name", ["é", "d" * 101, f"{'d' * 99}/{'e' * 99}", f"{'d' * 160}/e"])
def test_any_name_makes_an_archive_that_tar_reads(tmp_path, name):
    from seawall_sandbox.engine import assets  # noqa: PLC0415  # its parts, joined

    held = {name: Asset({"text": "hi"})}
    raw = b"".join(assets._parts(Asset({"assets": held}, archive=True), tmp_path))
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        assert tar.getnames() == [name]


@pytest.mark.parametrize("asset", [Asset({"path": "gone"}), Asset({"path": "gone"}, archive=True)])
def test_what_is_missing_is_named(tmp_path, asset):
    with pytest.raises(EngineError, match=r"gone cannot be read: .* relative to"):
        hashed(asset, tmp_path)


def test_a_file_is_no_archive_by_itself(tmp_path):
    (tmp_path / "f").write_text("one")
    with pytest.raises(EngineError, match="neither an archive nor a directory"):
        hashed(Asset({"path": "f"}, archive=True), tmp_path)
