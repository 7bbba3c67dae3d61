"""``seawall swarm``: commands for Docker Swarm."""

import typer

from seawall.cli.on_demand import loading

app = typer.Typer(
    help="Docker Swarm: the stack on a laptop.",
    cls=loading({"laptop": "seawall.cli.swarm_laptop:command"}),
    add_completion=False,
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Docker Swarm: the stack on a laptop."""
