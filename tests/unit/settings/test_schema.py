"""The JSON schema of stack files is made from the settings and kept in the repository."""

import json
from pathlib import Path

from seawall.cli.schema import schema_text

ROOT = Path(__file__).parents[3]


def test_the_committed_schema_is_the_settings_own():
    committed = (ROOT / "stacks" / "settings.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "run `make schema`"


def test_every_stack_file_links_the_schema():
    files = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
    assert [file.name for file in files] == [
        "Pulumi.dev.yaml",
        "Pulumi.local-wordpress.yaml",
        "Pulumi.local.yaml",
    ]
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=settings.schema.json"


def test_every_setting_has_a_description():
    schema = json.loads(schema_text())

    def walk(node: object, path: str) -> list[str]:
        missing: list[str] = []
        if isinstance(node, dict):
            for name, value in node.get("properties", {}).items():
                if "description" not in value and "$ref" not in value:
                    missing.append(f"{path}.{name}")
            for key, value in node.items():
                missing += walk(value, f"{path}.{key}")
        return missing

    assert walk(schema["$defs"], "") == []
    assert (
        walk(
            {
                "properties": schema["properties"]["config"]["properties"]["seawall:platform"][
                    "properties"
                ]
            },
            "",
        )
        == []
    )
