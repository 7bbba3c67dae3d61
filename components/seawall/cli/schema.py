"""``seawall schema``: the JSON schema of a stack file."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.settings import PlatformSettings


def stack_file_schema() -> dict[str, Any]:
    """The JSON schema of ``stacks/Pulumi.<stack>.yaml``, made from the settings' own types."""
    platform = PlatformSettings.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = platform.pop("$defs", {})
    secure = {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Seawall stack file",
        "type": "object",
        "properties": {
            "encryptionsalt": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "environment": {"description": "Pulumi ESC environments."},
            "config": {
                "type": "object",
                "properties": {
                    "aws:region": {"type": "string", "description": "AWS region."},
                    "seawall:platform": platform,
                    "seawall:secrets": {
                        "type": "object",
                        "description": "Encrypted values of secrets that say fromConfig.",
                        "additionalProperties": secure,
                    },
                },
                "required": ["aws:region", "seawall:platform"],
            },
        },
        "required": ["config"],
        "$defs": definitions,
    }


def schema_text() -> str:
    """The schema as it stands in stacks/settings.schema.json."""
    return json.dumps(stack_file_schema(), indent=2, ensure_ascii=False) + "\n"


def command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.", dir_okay=False)
    ] = None,
) -> None:
    """Print the JSON schema of a stack file, for editors and other tools."""
    if output is None:
        typer.echo(schema_text(), nl=False)
    else:
        output.write_text(schema_text(), encoding="utf-8")
