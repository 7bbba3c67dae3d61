"""The report as Markdown and JSON, and a preview as Markdown: exact texts."""

from dataclasses import replace

from seawall.report import (
    Connection,
    OpenPort,
    Resource,
    as_json,
    as_markdown,
    make_report,
    plan_as_markdown,
)
from seawall.report import plan as plan_module

PREFIX = "urn:pulumi:local::shop::"
STACK = Resource(f"{PREFIX}pulumi:pulumi:Stack::s", "pulumi:pulumi:Stack", "", {}, custom=False)
NETWORK = Resource(
    f"{PREFIX}seawall:index:Network::shop", "seawall:index:Network", STACK.urn, {}, custom=False
)
INNER = Resource(f"{NETWORK.urn}-zone", "seawall:index:Zone", NETWORK.urn, {}, custom=False)
SUBNET = Resource(
    f"{PREFIX}seawall:index:Network$aws:ec2/subnet:Subnet::shop-a",
    "aws:ec2/subnet:Subnet",
    INNER.urn,
    {},
)
BUCKET = Resource(f"{PREFIX}aws:s3/bucket:Bucket::logs", "aws:s3/bucket:Bucket", STACK.urn, {})
PROVIDER = Resource(f"{PREFIX}pulumi:providers:aws::default", "pulumi:providers:aws", "", {})

REPORT = replace(
    make_report(
        "local",
        [STACK, NETWORK, INNER, SUBNET, BUCKET, PROVIDER],
        recorded_only=[SUBNET.urn],
        notes=[("services.web.build|x", "ignored", "Not *needed*.")],
    ),
    ports=(
        OpenPort("load-balancer", "ingress", "tcp", "443", "0.0.0.0/0", "public entry"),
        OpenPort("nodes", "ingress", "tcp", "22", "10.0.0.0/8", "a|b", "not in the port ledger"),
    ),
    connections=(Connection("web", "db", "tcp", "5432", "data"),),
)

MARKDOWN = """\
# Platform report: stack local

2 resources in 2 components. 2 security-group rules; open to the internet: 443/tcp on \
load-balancer. 1 rule does not agree with the port ledger.

> [!WARNING]
> These rules do not agree with the port ledger:
> - nodes, ingress, tcp 22, 10.0.0.0/8: not in the port ledger

## Open ports

What the security groups let through. *Ingress* comes from the peer, *egress* goes to it.

| Group | Direction | Protocol | Ports | Peer | Reason | Note |
| --- | --- | --- | --- | --- | --- | --- |
| load-balancer | ingress | tcp | 443 | 0.0.0.0/0 | public entry |  |
| nodes | ingress | tcp | 22 | 10.0.0.0/8 | a\\|b | not in the port ledger |

## Connections in the cluster

What the network policies let pods do, within the security groups' rules. \
Any other connection is closed.

| From | To | Protocol | Ports | Reason |
| --- | --- | --- | --- | --- |
| web | db | tcp | 5432 | data |

## Resources by component

### Network shop (1)

| Type | Count |
| --- | --- |
| `aws:ec2/subnet:Subnet` | 1 |

### Stack (1)

| Type | Count |
| --- | --- |
| `aws:s3/bucket:Bucket` | 1 |

## Recorded, not emulated

No emulator has these; the sandbox keeps what was asked for, no more.

- `aws:ec2/subnet:Subnet` shop-a

## Compose keys that do not carry over as they are

| Key | Fate | Why |
| --- | --- | --- |
| `services.web.build\\|x` | ignored | Not \\*needed\\*. |
"""


def test_the_markdown_is_exact():
    assert as_markdown(REPORT) == MARKDOWN


def test_without_anything_odd_there_is_no_warning_and_no_column_of_notes():
    quiet = replace(REPORT, ports=REPORT.ports[:1], recorded_only=(), notes=(), connections=())
    text = as_markdown(quiet)
    assert "WARNING" not in text
    assert "| Group | Direction | Protocol | Ports | Peer | Reason |\n" in text
    assert "Connections" not in text
    assert text.endswith("## Recorded, not emulated\n\nNothing: every resource is emulated.\n")


def test_an_empty_stack_has_a_report():
    text = as_markdown(make_report("none", []))
    assert (
        "0 resources in 0 components. 0 security-group rules; open to the internet: nothing."
        in (text)
    )
    assert "## Open ports" in text


def test_the_json_is_exact():
    assert as_json(REPORT) == {
        "stack": "local",
        "resources": [
            {
                "component": "Network shop",
                "type": SUBNET.type,
                "name": "shop-a",
                "urn": SUBNET.urn,
            },
            {"component": "Stack", "type": BUCKET.type, "name": "logs", "urn": BUCKET.urn},
        ],
        "ports": [
            {
                "group": "load-balancer",
                "direction": "ingress",
                "protocol": "tcp",
                "ports": "443",
                "peer": "0.0.0.0/0",
                "reason": "public entry",
            },
            {
                "group": "nodes",
                "direction": "ingress",
                "protocol": "tcp",
                "ports": "22",
                "peer": "10.0.0.0/8",
                "reason": "a|b",
                "note": "not in the port ledger",
            },
        ],
        "connections": [
            {"source": "web", "target": "db", "protocol": "tcp", "ports": "5432", "reason": "data"}
        ],
        "recordedOnly": [SUBNET.urn],
        "composeNotes": [
            {"path": "services.web.build|x", "fate": "ignored", "why": "Not *needed*."}
        ],
    }


COUNTS = {"create": 1, "update": 0, "replace": 1, "delete": 1, "same": 9}
STEPS = [
    {"op": "same", "urn": STACK.urn, "type": STACK.type},
    {"op": "create", "urn": BUCKET.urn, "type": BUCKET.type},
    {
        "op": "create-replacement",
        "urn": SUBNET.urn,
        "type": SUBNET.type,
        "replaceReasons": ["cidrBlock"],
    },
    {"op": "replace", "urn": SUBNET.urn, "type": SUBNET.type},
    {"op": "delete", "urn": f"{PREFIX}aws:s3/bucket:Bucket::old", "type": BUCKET.type},
]


def test_a_preview_shows_danger_first_and_each_replacement_once_with_its_reason():
    assert (
        plan_as_markdown("local", STEPS, COUNTS)
        == """\
## Preview of stack `local`

1 to replace, 1 to delete, 1 to create.

<details open><summary>Steps</summary>

| Operation | Type | Name | Replaced by |
| --- | --- | --- | --- |
| replace | `aws:ec2/subnet:Subnet` | `shop-a` | cidrBlock |
| delete | `aws:s3/bucket:Bucket` | `old` |  |
| create | `aws:s3/bucket:Bucket` | `logs` |  |

</details>
"""
    )


def test_a_preview_without_changes_says_so():
    counts = dict.fromkeys(COUNTS, 0)
    assert plan_as_markdown("dev", STEPS[:1], counts) == (
        "## Preview of stack `dev`\n\nNo changes.\n"
    )


def test_a_long_preview_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(plan_module, "MAX_ROWS", 2)
    text = plan_as_markdown("local", STEPS, COUNTS)
    assert "... and 1 more.\n" in text
    assert "`logs`" not in text
