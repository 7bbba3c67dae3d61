from typing import Any

import pulumi
import pytest
from mocks import Registered, by_type, names, record

from seawall.arguments import InvalidArgumentsError
from seawall.registry import Registry, RegistryArgs

REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
CI = "arn:aws:iam::210987654321:role/ci"


def _registry(opts: pulumi.ResourceOptions | None = None, **args: Any) -> list[Registered]:
    settings: RegistryArgs = {"repositories": ["web", "api"], **args}  # type: ignore[typeddict-item]
    return record(lambda: Registry("shop", settings, opts))


def test_a_repository_and_its_cleaning_for_each_service() -> None:
    assert names(_registry()) == [
        (LIFECYCLE, "shop-api"),
        (LIFECYCLE, "shop-web"),
        (REPOSITORY, "shop-api"),
        (REPOSITORY, "shop-web"),
        ("seawall:index:Registry", "shop"),
    ]


def test_images_are_scanned_and_tags_do_not_move() -> None:
    web = by_type(_registry(tags={"team": "a"}), REPOSITORY)["shop-web"]
    assert web.inputs == {
        "name": "shop/web",
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
        "encryptionConfigurations": [{"encryptionType": "AES256"}],
        "forceDelete": False,
        "tags": {"team": "a", "Name": "shop-web"},
    }


def test_repositories_are_protected_and_kept() -> None:
    for repository in by_type(_registry(), REPOSITORY).values():
        assert (repository.protect, repository.retain_on_delete) == (True, True)


def test_protection_can_be_given_up() -> None:
    for repository in by_type(_registry(protect=False), REPOSITORY).values():
        assert (repository.protect, repository.retain_on_delete) == (False, False)
        assert repository.inputs["forceDelete"] is False


def test_deleting_with_images_gives_up_protection() -> None:
    for item in _registry(delete_with_images=True, encryption="kms"):
        assert (item.protect, item.retain_on_delete) == (False, False)
        assert item.inputs.get("forceDelete", True) is True


def test_the_users_protection_stands() -> None:
    registered = _registry(pulumi.ResourceOptions(protect=True), protect=False)
    assert all(item.protect for item in registered)


def test_a_key_of_its_own() -> None:
    registered = _registry(encryption="kms")
    key = by_type(registered, KEY)["shop-registry"]
    assert (key.inputs["enableKeyRotation"], key.inputs["deletionWindowInDays"]) == (True, 30)
    assert (key.protect, key.retain_on_delete) == (True, True)
    assert by_type(registered, ALIAS)["shop-registry"].inputs == {
        "name": "alias/shop/registry",
        "targetKeyId": "shop-registry.keyId",
    }
    for repository in by_type(registered, REPOSITORY).values():
        (encryption,) = repository.inputs["encryptionConfigurations"]
        assert encryption == {
            "encryptionType": "KMS",
            "kmsKey": "arn:aws:mock:us-east-1:123456789012:shop-registry",
        }


def test_policies_only_for_principals() -> None:
    assert not by_type(_registry(), POLICY)
    registered = _registry(push_principals=[CI])
    assert sorted(by_type(registered, POLICY)) == ["shop-api", "shop-web"]
    policy = by_type(registered, POLICY)["shop-web"].inputs
    assert policy["repository"] == "shop/web"
    assert CI in policy["policy"]


def test_adding_a_service_touches_no_other() -> None:
    before = {item.urn: item for item in _registry()}
    after = {item.urn: item for item in _registry(repositories=["aaa", "web", "api"])}
    component = "urn:pulumi:test::seawall::seawall:index:Registry::shop"
    for urn in before.keys() - {component}:
        assert before[urn] == after[urn]


def test_the_namespace_may_differ_from_the_name() -> None:
    repository = by_type(_registry(namespace="platform"), REPOSITORY)["shop-web"]
    assert repository.inputs["name"] == "platform/web"


def test_outputs_by_service() -> None:
    component = by_type(_registry(), "seawall:index:Registry")["shop"]
    assert component.outputs == {
        "repository_urls": {"api": "shop-api.repositoryUrl", "web": "shop-web.repositoryUrl"},
        "repository_arns": [
            "arn:aws:mock:us-east-1:123456789012:shop-api",
            "arn:aws:mock:us-east-1:123456789012:shop-web",
        ],
    }


def test_no_services_no_repositories() -> None:
    (component,) = _registry(repositories=[])
    assert component.outputs == {"repository_urls": {}, "repository_arns": []}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"repositories": ["Web"]}, "'shop/Web' cannot be the name of a repository"),
        ({"repositories": ["a", "a"]}, "argument repositories: a is named twice"),
        ({"repositories": None}, "argument repositories is missing"),
        ({"encryption": "kmss"}, "argument encryption: must be 'aes256' or 'kms'; got 'kmss'"),
        ({"keep_images": 0}, "argument keep_images: input should be greater"),
        ({"untagged_days": 0}, "argument untagged_days: input should be greater"),
        ({"push_principals": ["*"]}, "is not the ARN of an IAM role"),
        ({"pull_principals": ["arn:aws:iam::*:root"]}, "is not the ARN of an IAM role"),
        ({"pull_principals": ["arn:aws:iam::111111111111:role/*"]}, "is not the ARN of an IAM"),
        ({"scan": False}, "argument scan is not known"),
    ],
)
def test_wrong_arguments_are_refused(args: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=message):
        _registry(**args)
