"""The report: resources by component, open ports with their reasons, what is not emulated."""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.report.connections import Connection
    from seawall.report.model import Report, make_report
    from seawall.report.plan import plan_as_markdown
    from seawall.report.ports import OpenPort
    from seawall.report.render import answer, as_json, as_markdown
    from seawall.report.resource import Resource

__all__ = [
    "Connection",
    "OpenPort",
    "Report",
    "Resource",
    "answer",
    "as_json",
    "as_markdown",
    "make_report",
    "plan_as_markdown",
]

__getattr__, __dir__ = load_on_demand(
    __name__,
    {
        "connections": ("Connection",),
        "model": ("Report", "make_report"),
        "plan": ("plan_as_markdown",),
        "ports": ("OpenPort",),
        "render": ("answer", "as_json", "as_markdown"),
        "resource": ("Resource",),
    },
)
