"""Actions and conditions of listeners, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.aws.elbv2.actions import (
    from_actions,
    from_conditions,
    to_actions,
    to_conditions,
)
from seawall_sandbox.aws.preview import strip_defaults
from seawall_sandbox.aws.provider import AwsProvider

WORD = st.text("abcdefgh/*-", min_size=1, max_size=8)
WORDS = st.lists(WORD, min_size=1, max_size=3)
ACTION = st.one_of(
    st.builds(lambda arn: {"type": "forward", "targetGroupArn": arn}, WORD),
    st.builds(
        lambda arn, weight: {
            "type": "forward",
            "forward": {
                "targetGroups": [{"arn": arn, "weight": weight}],
                "stickiness": {"duration": weight + 1, "enabled": True},
            },
        },
        WORD,
        st.integers(0, 999),
    ),
    st.builds(
        lambda text: {
            "type": "fixed-response",
            "fixedResponse": {
                "contentType": "text/plain",
                "messageBody": text,
                "statusCode": "404",
            },
        },
        WORD,
    ),
)
CONDITION = st.one_of(
    st.builds(lambda values: {"pathPattern": {"values": values}}, WORDS),
    st.builds(lambda values: {"hostHeader": {"values": values}}, WORDS),
    st.builds(lambda values: {"sourceIp": {"values": values}}, WORDS),
    st.builds(lambda name, v: {"httpHeader": {"httpHeaderName": name, "values": v}}, WORD, WORDS),
    st.builds(lambda key, value: {"queryStrings": [{"key": key, "value": value}]}, WORD, WORD),
)


@given(st.lists(ACTION, min_size=1, max_size=4))
def test_actions_come_back_numbered(actions):
    expected = [{**action, "order": order} for order, action in enumerate(actions, 1)]
    assert from_actions(to_actions(actions)) == expected


@given(st.lists(CONDITION, max_size=4))
def test_conditions_come_back(conditions):
    assert from_conditions(to_conditions(conditions)) == conditions


def test_parts_of_a_redirect_that_are_not_given_stay_as_in_the_request():
    redirect = {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}
    inputs = {
        "defaultActions": [{"type": "redirect", "redirect": redirect}],
        "loadBalancerArn": "arn",
    }
    provider, type_ = AwsProvider("http://127.0.0.1:1"), "aws:lb/listener:Listener"
    checked = provider.check(f"urn:pulumi:a::b::{type_}::c", type_, None, inputs, b"seed")
    [action] = to_actions([strip_defaults(a) for a in checked.inputs["defaultActions"]])
    assert action["RedirectConfig"] == {
        "Host": "#{host}",
        "Path": "/#{path}",
        "Port": "443",
        "Protocol": "HTTPS",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }


@pytest.mark.parametrize("orders", [(2, 1), (1, 2)])
def test_actions_are_told_in_their_order(orders):
    actions = [
        {"Type": "forward", "TargetGroupArn": str(order), "Order": order} for order in orders
    ]
    assert [action["targetGroupArn"] for action in from_actions(actions)] == ["1", "2"]
