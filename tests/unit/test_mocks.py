"""The harness itself: each way in which a program can be wrong must be seen."""

import pulumi
import pulumi_aws as aws
import pytest
from mocks import UNKNOWN, by_type, names, record, sdk_class


def _topic_and_queue() -> None:
    topic = aws.sns.Topic("topic")
    aws.sqs.Queue("queue", opts=pulumi.ResourceOptions(parent=topic, protect=True))
    aws.ssm.Parameter("where", type="String", value=pulumi.Output.secret(topic.arn))


def test_records_parents_options_secrets_and_dependencies() -> None:
    registered = record(_topic_and_queue)
    assert names(registered) == [
        ("aws:sns/topic:Topic", "topic"),
        ("aws:sqs/queue:Queue", "queue"),
        ("aws:ssm/parameter:Parameter", "where"),
    ]
    topic = by_type(registered, "aws:sns/topic:Topic")["topic"]
    queue = by_type(registered, "aws:sqs/queue:Queue")["queue"]
    where = by_type(registered, "aws:ssm/parameter:Parameter")["where"]
    assert queue.urn == "urn:pulumi:test::seawall::aws:sns/topic:Topic$aws:sqs/queue:Queue::queue"
    assert (queue.parent, queue.protect, topic.protect) == (topic.urn, True, False)
    assert where.inputs == {"type": "String", "value": "arn:aws:mock:us-east-1:123456789012:topic"}
    assert where.secrets == {"value"}
    assert where.depends_on == {topic.urn}


def test_two_records_share_nothing() -> None:
    assert record(_topic_and_queue) == record(_topic_and_queue)


def test_preview_knows_no_computed_output() -> None:
    where = by_type(record(_topic_and_queue, preview=True), "aws:ssm/parameter:Parameter")
    assert where["where"].inputs["value"] == UNKNOWN


def test_nested_outputs_are_made_up() -> None:
    def program() -> None:
        cluster = aws.eks.Cluster("c", role_arn="arn", vpc_config={"subnet_ids": ["a"]})
        aws.ssm.Parameter("p", type="String", value=cluster.identities[0].oidcs[0].issuer)

    parameter = by_type(record(program), "aws:ssm/parameter:Parameter")["p"]
    assert parameter.inputs["value"] == "c.identities.oidcs.issuer"


def test_a_failure_inside_apply_fails_the_program() -> None:
    def program() -> None:
        def refuse(_: str) -> str:
            raise ValueError("inside apply")

        aws.sns.Topic("topic").arn.apply(refuse)

    with pytest.raises(ValueError, match="inside apply"):
        record(program)


def test_the_same_urn_twice_is_refused() -> None:
    def program() -> None:
        aws.sns.Topic("topic")
        aws.sns.Topic("topic")

    with pytest.raises(Exception, match="two resources have the URN"):
        record(program)


def test_a_call_without_an_answer_is_refused() -> None:
    with pytest.raises(Exception, match="getRegion"):
        record(lambda: aws.get_region_output().name.apply(str))


def test_a_call_with_an_answer_gets_it() -> None:
    def program() -> None:
        aws.ssm.Parameter("p", type="String", value=aws.get_region_output().region)

    answers = {"aws:index/getRegion:getRegion": {"region": "eu-north-1"}}
    parameter = by_type(record(program, calls=answers), "aws:ssm/parameter:Parameter")["p"]
    assert parameter.inputs["value"] == "eu-north-1"


def test_reading_from_the_cloud_is_refused() -> None:
    with pytest.raises(Exception, match="reads aws:sns/topic:Topic"):
        record(lambda: aws.sns.Topic.get("topic", "id"))


def test_an_output_in_a_string_is_refused() -> None:
    def program() -> None:
        aws.ssm.Parameter("p", type="String", value=f"topic {aws.sns.Topic('t').arn}")

    with pytest.raises(Exception, match="Calling __str__"):
        record(program)


def test_unknown_types_are_refused() -> None:
    with pytest.raises(ValueError, match="no installed SDK"):
        sdk_class("aws:ec2/vpc:Vpcc")
    with pytest.raises(ValueError, match="no installed SDK"):
        sdk_class("gcp:storage/bucket:Bucket")


@pytest.mark.parametrize(
    "type_",
    [
        "kubernetes:core/v1:Namespace",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "kubernetes:storage.k8s.io/v1:StorageClass",
        "kubernetes:helm.sh/v3:Release",
        "random:index/randomPassword:RandomPassword",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ],
)
def test_every_sdk_is_found(type_: str) -> None:
    found = sdk_class(type_)
    assert found is not None
    assert found.__name__ == type_.rpartition(":")[2]
