"""The sandbox's provider against what the real one answered (versions 5.35 to 6.58) on real AWS.

``report.py`` beside this file prints the counts by type and method, for any directory of them.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from judge import UNSUPPORTED, judge
from live import judge_live
from recordings import FIXTURES, Recording, counted, read_all
from report import LIVE, REQUIRED, table
from world import REGION, World

from seawall_sandbox import emulator
from seawall_sandbox.aws import registry
from seawall_sandbox.aws.provider import AwsProvider

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(
        not FIXTURES.is_dir(), reason="the recordings of the real provider are not beside the tree"
    ),
]
RECORDINGS: Final = read_all(FIXTURES) if FIXTURES.is_dir() else ()

DISAGREE: Final[Mapping[str, str]] = {}
"""Answers that differ, and why. An answer that agrees all the same fails its test."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator apart: what the world makes stays until the end."""
    state = tmp_path_factory.mktemp("replay")
    yield emulator.start(state).endpoint
    emulator.stop(state)


@pytest.fixture(scope="module")
def provider(endpoint: str) -> AwsProvider:
    provider = AwsProvider(endpoint)
    provider.configure({"region": REGION})
    return provider


@pytest.fixture(scope="module")
def world(endpoint: str, provider: AwsProvider) -> World:
    return World(endpoint, provider)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: f"{r.id}-{r.method}")
def test_answer_is_the_real_providers(
    provider: AwsProvider, world: World, recording: Recording
) -> None:
    if recording.method in LIVE:
        differing = judge_live(provider, world, recording)
    else:
        differing = judge(provider, recording)
    if recording.id in DISAGREE:
        assert differing, "It agrees now: take it off the list."
    else:
        assert differing == []


def test_every_recording_is_replayed() -> None:
    assert counted(RECORDINGS) == {
        "Check": 170,
        "Preview": 53,
        "Create": 103,
        "Diff": 57,
        "Update": 0,
        "Invoke": 29,
    }
    assert len({recording.token for recording in RECORDINGS}) == 52
    assert len(DISAGREE) <= (1 - REQUIRED) * len(RECORDINGS)


def test_every_recorded_type_and_function_is_there() -> None:
    tokens = {recording.token for recording in RECORDINGS}
    known = {t.token for t in registry.resources()} | set(registry.functions())
    assert tokens <= known


def test_judge_sees_what_differs(provider: AwsProvider) -> None:
    """A recording with one default more, another unknown, another replacement."""
    by_method = {recording.method: recording for recording in reversed(RECORDINGS)}
    check, preview, diff = (by_method[m] for m in ("Check", "Preview", "Diff"))
    inputs = {**check.response["inputs"], "__defaults": ["forceDelete"]}
    assert judge(provider, _with(check, {"inputs": inputs}))
    properties = {k: v for k, v in preview.response["properties"].items() if k == "id"}
    assert judge(provider, _with(preview, {"properties": properties}))
    assert judge(provider, _with(diff, {"changes": "DIFF_SOME"}))
    assert judge(provider, _with(diff, {"changes": "DIFF_NONE", "replaces": ["name"]}))
    stranger = Recording("x", "Check", "aws:none/none:None", "x", {}, {})
    assert judge(provider, stranger) == [UNSUPPORTED]


def test_table_counts_by_type_and_method() -> None:
    recordings = [
        Recording(f"{m}{i}", m, "aws:a/b:B", "n", {}, {}) for m in ("Check", "Diff") for i in (0, 1)
    ]
    verdicts = {"Check0": [], "Check1": ["differs"], "Diff0": [], "Diff1": []}
    assert [line.split() for line in table(recordings, verdicts)] == [
        ["Check", "Diff", "all"],
        ["aws:a/b:B", "1/2", "2/2", "3/4"],
        ["all", "1/2", "2/2", "3/4"],
    ]


def _with(recording: Recording, response: dict[str, object]) -> Recording:
    merged = {**recording.response, **response}
    return Recording(
        "x", recording.method, recording.token, recording.name, recording.request, merged
    )
