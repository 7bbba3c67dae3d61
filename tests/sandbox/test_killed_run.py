"""A run that is killed in the middle is finished by the next one, with nothing twice or lost."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import platforms
import pytest
from platforms import ROOT, changes, leftovers, session, succeeded


@pytest.mark.parametrize("lines", [5, 60])
def test_the_next_run_completes_a_killed_one(tmp_path, lines):
    with platforms.own_emulator(tmp_path):
        endpoint = session("local", tmp_path).emulator_endpoint
        seawall = Path(sys.executable).with_name("seawall")
        command = [seawall, "sandbox", "up", "--cwd", str(ROOT), "--state-dir", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:  # noqa: S603
            deadline = time.monotonic() + 60
            while _journal_lines(tmp_path) < lines and time.monotonic() < deadline:
                time.sleep(0.01)
            killed.send_signal(signal.SIGKILL)
        assert killed.returncode == -signal.SIGKILL
        succeeded(session("local", tmp_path).up())
        assert changes(succeeded(session("local", tmp_path).up())) == []
        found = leftovers(endpoint)
        assert (found["vpc"], found["subnet"], found["repository"]) == (1, 12, 5)
        succeeded(session("local", tmp_path).destroy())
        assert leftovers(endpoint) == {}


def _journal_lines(state_dir):
    return sum(len(file.read_bytes().splitlines()) for file in state_dir.rglob("*.journal"))
