"""docs/settings.md names every setting, with its default, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from seawall.settings import (
    ClusterSettings,
    EgressRule,
    FirewallSettings,
    IngressSettings,
    NetworkSettings,
    NodeSettings,
    PlatformSettings,
    RegistrySettings,
    SecretSettings,
    ServiceSettings,
)

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
SECTIONS = {
    "`seawall:platform`": PlatformSettings,
    "`network`": NetworkSettings,
    "`registry`": RegistrySettings,
    "`cluster`": ClusterSettings,
    "`cluster.nodes`": NodeSettings,
    "`services`": ServiceSettings,
    "`services.secrets.NAME`": SecretSettings,
    "`ingress`": IngressSettings,
    "`firewall`": FirewallSettings,
}


def sections(text: str) -> dict[str, str]:
    """The page's text by heading."""
    parts = re.split(r"(?m)^#{2,3} (.+)$", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each row of the section's tables, by the setting in the first cell."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def keys(model: type[BaseModel]) -> set[str]:
    return {str(field.alias) for field in model.model_fields.values()}


@pytest.mark.parametrize("heading", SECTIONS)
def test_each_section_has_the_settings_of_its_model(heading):
    expected = keys(SECTIONS[heading])
    if heading == "`firewall`":
        expected |= keys(EgressRule)
    assert set(rows(sections(PAGE.read_text(encoding="utf-8"))[heading])) == expected


@pytest.mark.parametrize("heading", set(SECTIONS) - {"`services.secrets.NAME`"})
def test_plain_defaults_are_those_of_the_settings(heading):
    page = rows(sections(PAGE.read_text(encoding="utf-8"))[heading])
    for field in SECTIONS[heading].model_fields.values():
        shown = page[str(field.alias)][1]
        if field.is_required():
            assert shown.startswith("required")
        elif isinstance(field.default, (bool, int, str)):
            assert (
                shown == f"`{str(field.default).replace('True', 'true').replace('False', 'false')}`"
            )


def test_a_row_that_is_gone_is_noticed():
    text = sections(PAGE.read_text(encoding="utf-8"))["`network`"]
    assert set(rows(re.sub(r"(?m)^\| `nat`.*\n", "", text))) == keys(NetworkSettings) - {"nat"}
