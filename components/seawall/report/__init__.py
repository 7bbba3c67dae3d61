"""The report: resources by component, open ports with their reasons, what is not emulated."""

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
