import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.retention import RETENTION_DAYS, retention_days, retention_problem


def test_the_periods_are_sorted_and_known_to_the_sdk() -> None:
    assert list(RETENTION_DAYS) == sorted(set(RETENTION_DAYS))
    assert len(RETENTION_DAYS) == 22


@given(st.sampled_from(RETENTION_DAYS))
def test_known_periods_pass(days: int) -> None:
    assert retention_days(days) == days


@given(st.integers(-10, 5000).filter(lambda days: days not in RETENTION_DAYS))
def test_other_periods_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match=f"for {days} days"):
        retention_days(days)


@pytest.mark.parametrize(
    ("days", "cure"),
    [(91, "Choose 90 or 120."), (0, "Choose 1."), (4000, "Choose 3653."), (8, "Choose 7 or 14.")],
)
def test_the_cure_names_the_neighbours(days: int, cure: str) -> None:
    assert retention_problem(days)[1] == cure
