"""Each contract of ``test_components`` refuses a component that breaks it, and only it."""

from collections.abc import Callable
from types import MappingProxyType
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pytest
import test_components as contract
from catalog import TAGS

from seawall.component import Component


class BadArgs(TypedDict):
    """What ``Bad`` takes."""

    undocumented: str
    silent: NotRequired[str]
    """Says nothing about its absence."""


class Bad(Component):
    """Breaks the contract named by ``fault``, and keeps all others."""

    topic: pulumi.Output[str]
    """ARN of the topic."""

    fault = ""

    def __init__(
        self, name: str, args: BadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        del args
        super().__init__(name, {}, opts)
        fault = Bad.fault
        child = self.child_options(protect=False if fault == "protection" else None)
        if fault == "parent":
            child = pulumi.ResourceOptions()
        if fault == "provider":
            child.provider = aws.Provider(f"{name}-own", opts=self.child_options())
        prefix = "other" if fault == "name" else name
        topic = aws.sns.Topic(
            f"{prefix}-topic",
            name="fixed" if fault == "collision" else None,
            tags={} if fault == "tags" else {**TAGS, "Name": name},
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-rule",
            security_group_id="sg-1",
            ip_protocol="tcp",
            cidr_ipv4="0.0.0.0/0" if fault == "exposure" else "10.0.0.0/8",
            tags={**TAGS, "Name": name},
            opts=self.child_options(),
        )
        self.topic = topic.arn
        if fault == "late":
            topic.arn.apply(lambda _: aws.sns.Topic(f"{name}-late", opts=self.child_options()))
        if fault == "outputs":
            self.register_outputs({"topic": topic.arn, "hidden": "x"})
        elif fault != "silence":
            self.publish()
        if fault == "twice":
            self.publish()


def _make(name: str, opts: pulumi.ResourceOptions | None) -> Bad:
    return Bad(name, {"undocumented": ""}, opts)


@pytest.fixture(autouse=True)
def _only_bad_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "CATALOG", MappingProxyType({Bad: _make}))
    monkeypatch.setattr(contract, "TOKENS", {"Bad": "seawall:index:Bad"})
    monkeypatch.setattr(contract, "_made", contract._made.__wrapped__)


CHECKS: dict[str, Callable[[type[Component]], None]] = {
    "parent": contract.test_every_child_has_a_component_as_parent,
    "name": contract.test_children_are_named_after_the_component,
    "outputs": contract.test_outputs_are_registered_once_and_are_the_annotated_ones,
    "tags": contract.test_tags_reach_every_child_that_takes_them,
    "protection": contract.test_the_users_protection_reaches_every_child,
    "provider": contract.test_the_users_providers_reach_every_child,
    "collision": contract.test_two_instances_do_not_collide,
    "exposure": contract.test_nothing_but_the_load_balancer_is_open_to_the_internet,
    "late": contract.test_a_preview_declares_the_same_resources,
}


@pytest.mark.parametrize("fault", CHECKS)
def test_a_broken_contract_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    CHECKS[fault](Bad)
    monkeypatch.setattr(Bad, "fault", fault)
    with pytest.raises(AssertionError):
        CHECKS[fault](Bad)


@pytest.mark.parametrize("fault", ["twice", "silence"])
def test_outputs_must_be_registered_exactly_once(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bad, "fault", fault)
    with pytest.raises(AssertionError):
        CHECKS["outputs"](Bad)


def test_an_undocumented_argument_is_seen() -> None:
    with pytest.raises(AssertionError, match=r"BadArgs\.undocumented"):
        contract.test_names_and_arguments_are_documented(Bad)


def test_a_silent_default_is_seen() -> None:
    with pytest.raises(AssertionError, match="silent"):
        contract.test_optional_arguments_say_what_holds_without_them(Bad)


def test_a_component_outside_the_catalog_is_seen() -> None:
    with pytest.raises(AssertionError):
        contract.test_every_component_is_in_the_catalog_and_has_a_fixed_token()
