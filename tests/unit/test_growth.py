"""What ``benchmarks/cycles.py`` makes of its samples."""

from dataclasses import replace

import pytest
from benchmarks.cycles import Process, Sample, growth

PROCESS = Process(resident=300_000, files=6, threads=1, cpu=0.0)


def samples(count, **grows):
    """As many samples, ten cycles apart, in which what is named grows with each cycle."""
    flat = Sample(0, PROCESS, PROCESS, 400_000, 230_000, 490_000, {"ec2.VPC": 3}, 700_000)

    def sample(cycle):
        values = {name: grow(cycle) for name, grow in grows.items()}
        return replace(flat, cycle=cycle, **values)

    return [sample(10 * number) for number in range(1, count + 1)]


def test_what_stays_is_flat():
    assert growth(samples(20)) == []


def test_what_settles_after_the_warm_up_is_flat():
    assert growth(samples(20, objects=lambda cycle: 10**6 - 10**5 * (cycle < 15))) == []


@pytest.mark.parametrize(
    ("grows", "told"),
    [
        ({"objects": lambda c: 250 * c}, "sandbox's objects grow by 250.0"),
        ({"emulator_objects": lambda c: 250 * c}, "emulator's objects grow by 250.0"),
        ({"emulator_entries": lambda c: 250 * c}, "emulator's entries grow by 250.0"),
        ({"state": lambda c: 2000 * c}, "state directory's files grow by 2000.0"),
        ({"sandbox": lambda c: replace(PROCESS, resident=500 * c)}, "sandbox's pages in memory"),
        ({"emulator": lambda c: replace(PROCESS, resident=500 * c)}, "emulator's pages in memory"),
        ({"sandbox": lambda c: replace(PROCESS, files=c)}, "sandbox's open files grew from 20"),
        ({"sandbox": lambda c: replace(PROCESS, threads=c)}, "sandbox's threads grew"),
        ({"emulator": lambda c: replace(PROCESS, files=c)}, "emulator's open files grew"),
        ({"emulator": lambda c: replace(PROCESS, threads=c)}, "emulator's threads grew"),
        ({"held": lambda c: {"ec2.Subnet": c // 100}}, "keeps ec2.Subnet: 0 after cycle 20, 2"),
    ],
)
def test_what_grows_is_told(grows, told):
    (line,) = growth(samples(20, **grows))
    assert told in line


def test_memory_is_not_judged_after_few_cycles():
    grows = {"sandbox": lambda cycle: replace(PROCESS, resident=500 * cycle)}
    assert growth(samples(9, **grows)) == []


def test_a_key_that_waits_for_its_deletion_is_meant():
    assert growth(samples(20, held=lambda cycle: {"kms.Key": cycle})) == []


def test_one_sample_says_nothing():
    with pytest.raises(ValueError, match="run more cycles"):
        growth(samples(1))
