"""Steps, failures and messages as lines: exact texts, and secrets never."""

import io
import re

import pytest

from seawall.cli.display import LiveDisplay, PlainDisplay, wants_live_view
from seawall.cli.lines import diagnostic_line, failed_urns, logical, names, step_line
from seawall.cli.tree import Tree
from seawall_sandbox.events import Diagnostic, Op, Severity, StepInfo

STACK = "urn:pulumi:local::shop::pulumi:pulumi:Stack::shop-local"
NETWORK = "urn:pulumi:local::shop::seawall:index:Network::shop"
VPC = "urn:pulumi:local::shop::seawall:index:Network$aws:ec2/vpc:Vpc::shop"
BUCKET = "urn:pulumi:local::shop::aws:s3/bucket:Bucket::logs"


def vpc(op: Op = Op.CREATE, **more: object) -> StepInfo:
    return StepInfo(op, VPC, "aws:ec2/vpc:Vpc", parent=NETWORK, **more)


def network(op: Op = Op.CREATE) -> StepInfo:
    return StepInfo(op, NETWORK, "seawall:index:Network", parent=STACK, custom=False)


@pytest.mark.parametrize(
    ("step", "seconds", "error", "text"),
    [
        (vpc(), 0.04, None, "+ create   aws:Vpc shop"),
        (vpc(), 1.26, None, "+ create   aws:Vpc shop 1.3s"),
        (vpc(Op.UPDATE, changed=("tags",)), None, None, "~ update   aws:Vpc shop (tags)"),
        (
            vpc(Op.REPLACE, replace_reasons=("cidrBlock",), changed=("cidrBlock", "tags")),
            None,
            None,
            "± replace  aws:Vpc shop (replaced by: cidrBlock)",
        ),
        (vpc(Op.DELETE), 0.5, None, "- delete   aws:Vpc shop 0.5s"),
        (vpc(), 0.2, "No.\nTry again.", "✗ create   aws:Vpc shop 0.2s\n    No.\n    Try again."),
    ],
)
def test_a_step_is_one_line(step, seconds, error, text):
    assert step_line(step, seconds, error).plain == text


def test_a_message_names_its_resource_once():
    plain = Diagnostic(Severity.WARNING, "This is old.", BUCKET)
    assert diagnostic_line(plain).plain == "warning: logs: This is old."
    named = Diagnostic(Severity.ERROR, "Could not create 'logs'.", BUCKET)
    assert diagnostic_line(named).plain == "error: Could not create 'logs'."
    assert diagnostic_line(Diagnostic(Severity.INFO, "hello")).plain == "hello"


def test_a_replacement_is_listed_once_with_its_reasons():
    steps = [
        vpc(Op.CREATE_REPLACEMENT, replace_reasons=("cidrBlock",)),
        vpc(Op.REPLACE),
        vpc(Op.DELETE_REPLACED),
    ]
    assert list(logical(steps)) == [vpc(Op.REPLACE, replace_reasons=("cidrBlock",))]


def test_failed_resources_are_named_once_and_no_more_than_three():
    errors = [Diagnostic(Severity.ERROR, text, urn) for urn in (VPC, BUCKET) for text in "ab"]
    assert failed_urns([*errors, Diagnostic(Severity.WARNING, "w", NETWORK)]) == (VPC, BUCKET)
    assert names([VPC, BUCKET]) == "aws:Vpc shop, aws:Bucket logs"
    assert names([BUCKET] * 5) == "aws:Bucket logs, aws:Bucket logs, aws:Bucket logs and 2 more"


def test_plain_output_tells_changes_and_each_failure_once():
    stream = io.StringIO()
    display = PlainDisplay(stream)
    with display:
        display.step_started(network())
        display.step_done(network(Op.SAME), seconds=0.0, error=None)
        display.step_done(vpc(), seconds=0.0, error="AWS said no.")
        display.diagnostic(Diagnostic(Severity.ERROR, "AWS said no.", VPC))
        display.diagnostic(Diagnostic(Severity.DEBUG, "noise"))
        display.diagnostic(Diagnostic(Severity.INFO, "from the program"))
    assert stream.getvalue() == "✗ create   aws:Vpc shop\n    AWS said no.\nfrom the program\n"


def test_plain_output_cuts_no_line_and_takes_no_markup():
    stream = io.StringIO()
    long = "x" * 300 + " [bold]not markup[/bold]"
    PlainDisplay(stream).diagnostic(Diagnostic(Severity.INFO, long))
    assert stream.getvalue() == long + "\n"


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    monkeypatch.delenv("CI", raising=False)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return Terminal()


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("CI", "1"), ("TERM", "dumb")])
def test_no_live_view_in_ci_or_where_nothing_can_be_redrawn(terminal, monkeypatch, name, value):
    assert wants_live_view(terminal)
    assert not wants_live_view(io.StringIO())
    monkeypatch.setenv(name, value)
    assert not wants_live_view(terminal)


def last_picture(terminal: io.StringIO) -> str:
    """What stands in the terminal at the end: a terminal of four control sequences."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", terminal.getvalue()):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part[0] not in "\r\x1b":
            lines[row] += part
    return "\n".join(line.rstrip() for line in lines).rstrip()


def test_the_live_tree_ends_with_counts_by_component_and_colours_nothing(terminal):
    display = LiveDisplay(terminal)
    with display:
        display.step_started(network())
        display.step_done(network(), seconds=0.0, error=None)
        display.step_started(vpc())
        display.step_done(vpc(), seconds=1.0, error=None)
        bucket = StepInfo(Op.SAME, BUCKET, "aws:s3/bucket:Bucket", parent=STACK)
        display.step_started(bucket)
        display.step_done(bucket, seconds=0.0, error=None)
    assert last_picture(terminal).endswith("✓ Network shop +2\n✓ stack        1 same")
    assert "\x1b[3" not in terminal.getvalue()


def test_the_live_tree_shows_a_failure_with_its_reason_once(terminal):
    display = LiveDisplay(terminal)
    with display:
        display.step_started(vpc())
        display.step_done(vpc(), seconds=0.3, error="AWS said no.")
        display.diagnostic(Diagnostic(Severity.ERROR, "AWS said no.", VPC))
    picture = last_picture(terminal)
    assert picture.count("AWS said no.") == 1
    assert "✗ create   aws:Vpc shop 0.3s\n    AWS said no.\n" in picture
    assert picture.endswith("✗ Network shop 1 failed")


def test_the_live_tree_cuts_long_names_to_the_width(terminal):
    name = "n" * 200
    step = StepInfo(Op.CREATE, f"{NETWORK[:-4]}{name}", "seawall:index:Network", parent=STACK)
    display = LiveDisplay(terminal)
    with display:
        display.step_started(step)
        display.step_done(step, seconds=0.0, error=None)
    lines = last_picture(terminal).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "…" in lines[-1]
    assert lines[-1].endswith("+1")


def test_a_preview_lists_its_changes_under_their_components(terminal):
    display = LiveDisplay(terminal, listing=True)
    with display:
        for step in (network(Op.SAME), vpc(Op.CREATE_REPLACEMENT), vpc(Op.REPLACE)):
            display.step_started(step)
            display.step_done(step, seconds=0.0, error=None)
    assert last_picture(terminal).endswith("Network shop\n  ± replace  aws:Vpc shop")


def test_a_step_belongs_to_the_component_below_the_stack():
    tree = Tree()
    inner = f"{NETWORK}$seawall:index:Zone::a"
    zone = StepInfo(Op.CREATE, inner, "seawall:index:Zone", parent=NETWORK, custom=False)
    deep = StepInfo(Op.CREATE, f"{inner}$x", "aws:ec2/subnet:Subnet", parent=inner)
    provider = StepInfo(Op.CREATE, f"{STACK}p", "pulumi:providers:aws", parent=STACK)
    for step in (network(), zone, deep, provider):
        tree.start(step)
        tree.finish(step, 0.5, None)
    found = {urn: (branch.type, branch.done) for urn, branch in tree.branches.items()}
    assert found == {
        NETWORK: ("seawall:index:Network", {"+": 3}),
        "stack": ("stack", {"+": 1}),
    }
