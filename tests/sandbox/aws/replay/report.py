"""Replays recordings of the real provider and prints how many answers agree, by type and method.

``python tests/sandbox/aws/replay/report.py [DIRECTORY]``: starts an emulator of its own. The exit
code is 1 when fewer than 95 % agree.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from judge import judge
from live import judge_live
from recordings import FIXTURES, METHODS, Recording, read_all
from world import REGION, World

from seawall_sandbox import emulator
from seawall_sandbox.aws.provider import AwsProvider

LIVE = frozenset({"Create", "Invoke"})
REQUIRED = 0.95
Verdicts = Mapping[str, list[str]]
"""What differs, by the id of a recording."""


def replay(endpoint: str, recordings: Iterable[Recording]) -> dict[str, list[str]]:
    """Replay them all in one world."""
    provider = AwsProvider(endpoint)
    provider.configure({"region": REGION})
    world = World(endpoint, provider)
    return {
        r.id: judge_live(provider, world, r) if r.method in LIVE else judge(provider, r)
        for r in recordings
        if r.method != "Update"
    }


def table(recordings: Iterable[Recording], verdicts: Verdicts) -> list[str]:
    """One line per type: agreeing of all, by method; the sums at the end."""
    all_, agreed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for recording in recordings:
        if recording.id not in verdicts:
            continue
        for token in (recording.token, "all"):
            for method in (recording.method, "all"):
                all_[token, method] += 1
                agreed[token, method] += not verdicts[recording.id]
    columns = [*(m for m in METHODS if all_["all", m]), "all"]
    tokens = [*sorted({token for token, _ in all_} - {"all"}), "all"]
    width = max(len(token) for token in tokens)
    lines = [" ".join([" " * width, *(f"{c:>9}" for c in columns)])]
    for token in tokens:
        cells = (f"{agreed[token, c]}/{all_[token, c]}" if all_[token, c] else "" for c in columns)
        lines.append(" ".join([f"{token:<{width}}", *(f"{cell:>9}" for cell in cells)]))
    return lines


def main() -> int:
    """Run as a command."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES
    recordings = read_all(directory)
    with tempfile.TemporaryDirectory() as state:
        running = emulator.start(Path(state))
        try:
            verdicts = replay(running.endpoint, recordings)
        finally:
            emulator.stop(Path(state))
    agreed = sum(not reasons for reasons in verdicts.values())
    lines = [f"{id_}: {reason}" for id_, reasons in verdicts.items() for reason in reasons]
    lines += table(recordings, verdicts)
    lines.append(f"{agreed} of {len(verdicts)} agree ({agreed / max(len(verdicts), 1):.1%})")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if verdicts and agreed >= REQUIRED * len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
