"""Recordings of the real provider, read from files outside the project.

Two forms are read: one JSON object per line with ``method``, ``request`` and ``response`` (files
named ``<service>-<name>.jsonl``), and the ``grpc.json`` of pulumi's own replay tests, where the
method is a full gRPC path and the type stands in the URN.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seawall_sandbox.values import SIGNATURE_KEY, UNKNOWN, UNKNOWN_STRING

FIXTURES = Path(__file__).resolve().parents[5] / "shared" / "fixtures" / "provider"
SIGNATURES = {SIGNATURE_KEY, "4dabf12345678901215e22adb298388d"}
"""Secrets in recordings: the recorder replaced digits in the tag, too."""
META = "__meta"
METHODS = ("Check", "Preview", "Create", "Diff", "Update", "Invoke")


@dataclass(frozen=True, slots=True)
class Recording:
    """One call and its answer. ``method`` is one of ``METHODS``; a preview is one of its own."""

    id: str
    method: str
    token: str
    name: str
    request: dict[str, Any]
    response: dict[str, Any]


def read_all(directory: Path) -> tuple[Recording, ...]:
    """Every recording below a directory, in the order of file names."""
    files = sorted([*directory.glob("*.jsonl"), *directory.rglob("*grpc.json")])
    return tuple(recording for file in files for recording in _read(file, directory))


def _read(file: Path, directory: Path) -> Iterator[Recording]:
    stem = file.relative_to(directory).as_posix().rpartition(".")[0]
    for index, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line) if line.strip() else {}
        method = str(record.get("method", "")).rpartition("/")[2]
        request, response = record.get("request"), record.get("response")
        if method not in METHODS or request is None or response is None:
            continue
        urn = str(request.get("urn", ""))
        token = request.get("tok") or (urn.split("::")[2].rpartition("$")[2] if urn else "")
        token = token or _token_of(file.stem)
        name = request.get("name") or urn.rpartition("::")[2]
        if not token.startswith("aws:"):
            continue
        if method in {"Create", "Update"} and request.get("preview"):
            method = "Preview"
        yield Recording(f"{stem}-{index}", method, token, name, request, response)


def _token_of(stem: str) -> str:
    service, _, name = stem.partition("-")
    last = name if name.startswith("get") else name[0].upper() + name[1:]
    return f"aws:{service}/{name}:{last}"


def values(recorded: Any) -> Any:
    """A recorded value as the provider takes and gives it."""
    if recorded == UNKNOWN_STRING:
        return UNKNOWN
    if isinstance(recorded, dict):
        if recorded.keys() & SIGNATURES:
            return values(recorded["value"])
        return {key: values(item) for key, item in recorded.items() if key != META}
    if isinstance(recorded, list):
        return [values(item) for item in recorded]
    return recorded


def counted(recordings: Iterable[Recording]) -> dict[str, int]:
    """How many there are of each method."""
    found = dict.fromkeys(METHODS, 0)
    for recording in recordings:
        found[recording.method] += 1
    return found
