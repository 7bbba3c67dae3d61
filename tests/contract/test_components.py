"""What holds for every component, whoever wrote it. A new one must join the catalog."""

import functools
import re
from collections.abc import Callable
from typing import is_typeddict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest
from catalog import (
    CATALOG,
    TAGS,
    Make,
    arguments_class,
    component_classes,
    components,
    documented,
    in_kubernetes,
    tags_of,
)
from mocks import Registered, names, record, sdk_class
from pulumi import _types
from pulumi.provider.experimental.analyzer import Analyzer

from seawall.component import Component
from seawall.secrets import Secrets
from seawall.services import Services

TOKENS = {
    "ClusterAddons": "seawall:index:ClusterAddons",
    "EksCluster": "seawall:index:EksCluster",
    "Firewall": "seawall:index:Firewall",
    "Network": "seawall:index:Network",
    "Registry": "seawall:index:Registry",
    "Secrets": "seawall:index:Secrets",
    "Services": "seawall:index:Services",
}
"""Type tokens are part of every URN in every state: a row may be added, never changed."""

every_component = pytest.mark.parametrize("class_", CATALOG, ids=lambda class_: class_.__name__)
Program = Callable[[], None]


def _program(make: Make, *instances: str, opts: pulumi.ResourceOptions | None = None) -> Program:
    def program() -> None:
        for name in instances:
            make(name, opts)

    return program


@functools.cache
def _made(class_: type[Component]) -> list[Registered]:
    return record(_program(CATALOG[class_], "shop"))


def test_every_component_is_in_the_catalog_and_has_a_fixed_token() -> None:
    classes = component_classes()
    assert classes == set(CATALOG)
    assert {class_.__name__ for class_ in classes} == TOKENS.keys()


@every_component
def test_the_token_is_the_tables(class_: type[Component]) -> None:
    own = {item.type for item in components(_made(class_)) if item.name == "shop"}
    assert TOKENS[class_.__name__] in own


@every_component
def test_every_child_has_a_component_as_parent(class_: type[Component]) -> None:
    registered = _made(class_)
    urns = {item.urn for item in components(registered)}
    (root,) = [item for item in registered if item.type == TOKENS[class_.__name__]]
    children = [item for item in registered if item is not root]
    assert children
    assert {child.parent for child in children} <= urns


@every_component
def test_children_are_named_after_the_component(class_: type[Component]) -> None:
    for item in _made(class_):
        assert re.fullmatch(r"shop(-.+)?", item.name), item.urn


@every_component
def test_outputs_are_registered_once_and_are_the_annotated_ones(class_: type[Component]) -> None:
    registered = _made(class_)
    by_token = {token: name for name, token in TOKENS.items()}
    classes = {known.__name__: known for known in CATALOG}
    for item in components(registered):
        assert item.outputs_registered == 1, item.urn
        annotated = dict(documented(classes[by_token[item.type]]))
        # A None is no output for the engine.
        assert set(item.outputs) <= set(annotated)
        assert {name for name in annotated if name not in item.outputs} <= _OPTIONAL


_OPTIONAL = {"entry_url", "s3_prefix_list_id"}
"""Outputs that may be None."""


@every_component
def test_tags_reach_every_child_that_takes_them(class_: type[Component]) -> None:
    for item in _made(class_):
        sdk = sdk_class(item.type)
        if sdk is None or in_kubernetes(item) or "tags" not in _types.resource_types(sdk):
            continue
        assert tags_of(item.inputs).items() >= TAGS.items(), item.urn
        assert tags_of(item.inputs).get("Name"), item.urn


@every_component
def test_the_users_protection_reaches_every_child(class_: type[Component]) -> None:
    opts = pulumi.ResourceOptions(protect=True)
    unprotected = [
        item.urn
        for item in record(_program(CATALOG[class_], "shop", opts=opts))
        if not item.protect
    ]
    assert unprotected == []


@every_component
def test_the_users_providers_reach_every_child(class_: type[Component]) -> None:
    def program() -> None:
        elsewhere = aws.Provider("elsewhere", region="eu-north-1")
        cluster = kubernetes.Provider("cluster", kubeconfig="{}")
        CATALOG[class_]("shop", pulumi.ResourceOptions(providers=[elsewhere, cluster]))

    registered = record(program)
    own = {item.name for item in registered if item.type == "pulumi:providers:kubernetes"}
    for item in registered:
        if item.type.startswith("aws:"):
            assert item.provider == "elsewhere", item.urn
        if in_kubernetes(item):
            # A cluster's own objects go into that cluster, whatever the user's provider is.
            assert item.provider in own, item.urn


@every_component
def test_the_users_dependencies_are_waited_for(class_: type[Component]) -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        CATALOG[class_]("shop", pulumi.ResourceOptions(depends_on=[first]))

    registered = record(program)
    (first,) = [item for item in registered if item.name == "first"]
    (root,) = [item for item in registered if item.type == TOKENS[class_.__name__]]
    assert first.urn in root.depends_on


@every_component
def test_two_instances_do_not_collide(class_: type[Component]) -> None:
    registered = record(_program(CATALOG[class_], "shop", "bank"))
    assert len(registered) == 2 * len(_made(class_))
    physical = [
        (item.type, item.inputs["name"])
        for item in registered
        if item.type.startswith("aws:") and "name" in item.inputs and "role" not in item.inputs
    ]
    assert len(physical) == len(set(physical))


@every_component
def test_a_preview_declares_the_same_resources(class_: type[Component]) -> None:
    assert names(record(_program(CATALOG[class_], "shop"), preview=True)) == names(_made(class_))


@every_component
def test_the_same_arguments_give_the_same_program(class_: type[Component]) -> None:
    assert record(_program(CATALOG[class_], "shop")) == _made(class_)


@every_component
def test_nothing_but_the_load_balancer_is_open_to_the_internet(class_: type[Component]) -> None:
    for item in _made(class_):
        if item.type.endswith(":SecurityGroup"):
            assert not item.inputs.get("ingress"), item.urn
        if item.type.endswith(":SecurityGroupIngressRule"):
            is_open = item.inputs.get("cidrIpv4") == "0.0.0.0/0"
            assert not is_open or "load-balancer" in item.name, item.urn


@every_component
def test_names_and_arguments_are_documented(class_: type[Component]) -> None:
    assert class_.__doc__
    arguments = arguments_class(class_)
    assert is_typeddict(arguments)
    undocumented = [
        f"{owner.__name__}.{name}"
        for owner in (class_, arguments)
        for name, text in documented(owner)
        if not text.strip()
    ]
    assert undocumented == []


@every_component
def test_optional_arguments_say_what_holds_without_them(class_: type[Component]) -> None:
    arguments = arguments_class(class_)
    texts = dict(documented(arguments))
    silent = [
        name
        for name in sorted(arguments.__optional_keys__)
        if not {"Default", "Needed"} & set(re.findall(r"\w+", texts[name]))
    ]
    assert silent == []


@every_component
def test_the_signature_is_the_one_of_all(class_: type[Component]) -> None:
    names_ = list(class_.__init__.__code__.co_varnames[: class_.__init__.__code__.co_argcount])
    assert names_ == ["self", "name", "args", "opts"]


PYTHON_ONLY = {Secrets, Services}
"""Take an application as the Compose loader reads it, which only a Python program can do."""


@every_component
def test_other_languages_can_use_it(class_: type[Component]) -> None:
    """Pulumi's analyser makes the package's schema out of the classes."""
    if class_ in PYTHON_ONLY:
        with pytest.raises((TypeError, ValueError)):
            Analyzer("seawall").analyze_component(class_)
    else:
        assert Analyzer("seawall").analyze_component(class_).inputs.keys()
