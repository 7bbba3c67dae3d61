"""The IAM documents of the network. Pure."""

import json


def flow_log_trust(vpc_arn: str) -> str:
    """Lets flow logs of the VPC's account and region, and of no other, take on the role.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    _, partition, _, region, account, _ = vpc_arn.split(":", 5)
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {
                    "aws:SourceArn": f"arn:{partition}:ec2:{region}:{account}:vpc-flow-log/*"
                },
            },
        }
    )


def flow_log_delivery(log_group_arn: str) -> str:
    """Lets the role write into one log group.

    Not create one: a late delivery after destroy would bring the group back.
    """
    return _document(
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            "Resource": [log_group_arn, f"{log_group_arn}:*"],
        }
    )


def _document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
