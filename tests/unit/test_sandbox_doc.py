"""docs/sandbox.md lists what the sandbox's aws provider has, and nothing else."""

import re
from pathlib import Path

from seawall_sandbox.aws.provider import AwsProvider

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def listed(text: str) -> set[tuple[str, str]]:
    """Module and name of everything in the table of supported types and functions."""
    table = text.split("| module of `aws` |")[1].split("\n\n", maxsplit=1)[0]
    rows = re.findall(r"(?m)^\| `(\w+)` \|(.*)\|$", table)
    return {(module, name) for module, cells in rows for name in re.findall(r"`(\w+)`", cells)}


def test_the_page_lists_what_the_provider_supports():
    tokens = AwsProvider("http://127.0.0.1:1").supported()
    supported = {(token.split(":")[1].split("/")[0], token.split(":")[2]) for token in tokens}
    assert listed(PAGE.read_text(encoding="utf-8")) == supported


def test_a_name_that_is_gone_is_noticed():
    text = PAGE.read_text(encoding="utf-8")
    assert listed(text) - listed(text.replace("`Vpc`, ", "")) == {("ec2", "Vpc")}
