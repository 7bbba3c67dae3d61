"""How long CloudWatch Logs can keep log events. Pure."""

from typing import Final

RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The retention periods that CloudWatch Logs takes, in days.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""


def retention_problem(days: int) -> tuple[str, str]:
    """What is wrong with a number of days that is no retention period, and the cure.

    The cure names the period that keeps the logs at least as long, and the longest shorter one.
    """
    longer = next((known for known in RETENTION_DAYS if known >= days), None)
    shorter = max((known for known in RETENTION_DAYS if known <= days), default=None)
    near = sorted({known for known in (shorter, longer) if known is not None})
    return (
        f"CloudWatch Logs cannot keep logs for {days} days: it knows certain periods only.",
        f"Choose {' or '.join(str(known) for known in near)}.",
    )


def retention_days(days: int) -> int:
    """The days themselves if CloudWatch Logs takes them. Raises ``ValueError`` if not."""
    if days not in RETENTION_DAYS:
        raise ValueError(" ".join(retention_problem(days)))
    return days
