"""``seawall sandbox agree``: hold our engine against recordings of the stock one."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from seawall_sandbox.agreement import embedded
from seawall_sandbox.agreement.compare import differences, unexplained
from seawall_sandbox.agreement.corpus import Case, Corpus, Lab, write_recording
from seawall_sandbox.agreement.stock import StockEngine
from seawall_sandbox.engine.errors import UsageError

_CORPUS = Path("tests/sandbox/agreement")
_AT_A_TIME = 2
"""Commands of the stock CLI at a time: each keeps about one core busy."""


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="Cases; default: all.")
    ] = None,
    *,
    corpus: Annotated[Path, typer.Option("--corpus", help="Directory of the corpus.")] = _CORPUS,
    record: Annotated[
        bool, typer.Option("--record", help="Record with the stock CLI and keep the recordings.")
    ] = False,
) -> None:
    """Replay recordings of the stock engine; with `pulumi` on PATH, also record and compare."""
    found = Corpus(corpus)
    cases = [found.case(name) for name in _chosen(found, names or [])]
    lab = found.lab()
    with tempfile.TemporaryDirectory(prefix="seawall-agree-") as place:
        directory = Path(place)
        problems = 0
        if record or shutil.which("pulumi"):
            problems += _record(found, cases, lab, directory / "stock", keep=record)
        else:
            typer.echo("pulumi is not on PATH: comparing with the recordings alone.")
        problems += _replay(found, cases, lab, directory)
    typer.echo(f"{len(cases)} cases, {problems} that differ")
    if problems:
        raise typer.Exit(1)


def _chosen(corpus: Corpus, names: list[str]) -> list[str]:
    known = corpus.names()
    unknown = sorted(set(names).difference(known))
    if unknown:
        raise UsageError(
            f"There is no case {', '.join(unknown)}. The cases are {', '.join(known)}."
        )
    return names or list(known)


def _record(corpus: Corpus, cases: list[Case], lab: Lab, directory: Path, *, keep: bool) -> int:
    """Run the cases with the stock CLI; how many differ from what was recorded before."""
    stock = StockEngine(corpus, directory)

    def one(case: Case) -> bool:
        recording = stock.record(case, lab)
        if keep:
            path = corpus.recording_path(case.name)
            path.parent.mkdir(exist_ok=True)
            write_recording(path, recording)
            typer.echo(f"recorded {case.name}")
            return False
        names = ("the recording", "stock today")
        return _told(case, differences(corpus.recording(case.name), recording, names=names))

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return sum(pool.map(one, cases))


def _replay(corpus: Corpus, cases: list[Case], lab: Lab, directory: Path) -> int:
    problems = 0
    for case in cases:
        place = directory / "embedded" / case.name
        place.mkdir(parents=True)
        found = differences(corpus.recording(case.name), embedded.record(case, lab, place))
        problems += _told(case, unexplained(found, case.differs))
    return problems


def _told(case: Case, found: list[str]) -> bool:
    if found:
        typer.echo(f"{case.name} differs: {case.about}")
    for line in found:
        typer.echo(f"  {line}")
    return bool(found)
