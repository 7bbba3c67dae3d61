"""The report: resources by component, open ports with their reasons, what is not emulated."""

from seawall.report.model import OpenPort, Report, Resource, make_report
from seawall.report.render import as_json, as_markdown, plan_as_markdown

__all__ = [
    "OpenPort",
    "Report",
    "Resource",
    "as_json",
    "as_markdown",
    "make_report",
    "plan_as_markdown",
]
