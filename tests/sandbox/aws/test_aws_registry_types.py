"""KMS, CloudWatch Logs and ECR types against the emulator."""

import json

import pytest

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
PERMISSIONS = "aws:ecr/repositoryPolicy:RepositoryPolicy"
CACHE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"

pytestmark = pytest.mark.emulator


def test_key_lives_and_waits_for_its_end(stack, client):
    key = stack.create(
        KEY,
        "key",
        description="a",
        deletionWindowInDays=7,
        enableKeyRotation=True,
        rotationPeriodInDays=180,
        tags={"a": "b"},
    )
    assert key.outputs["rotationPeriodInDays"] == 180
    stack.update(
        KEY,
        "key",
        "description",
        "enableKeyRotation",
        "isEnabled",
        "tags",
        "tagsAll",
        description="b",
        deletionWindowInDays=7,
        isEnabled=False,
    )
    found = client("kms").describe_key(KeyId=key.id)["KeyMetadata"]
    assert (found["Description"], found["KeyState"]) == ("b", "Disabled")
    assert stack.replaced_by(KEY, "key", keyUsage="SIGN_VERIFY") == ("keyUsage",)
    stack.delete(KEY, "key")
    assert client("kms").describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_alias_takes_a_key_by_id_or_arn(stack):
    first = stack.create(KEY, "first", deletionWindowInDays=7)
    second = stack.create(KEY, "second", deletionWindowInDays=7)
    alias = stack.create(ALIAS, "data", targetKeyId=first.outputs["arn"])
    assert alias.id.startswith("alias/data-")
    assert alias.outputs["targetKeyArn"] == first.outputs["arn"]
    assert stack.found_again(ALIAS, "data")
    stack.update(ALIAS, "data", "targetKeyId", targetKeyId=second.id)
    answer = stack.provider.invoke("aws:kms/getKey:getKey", {"keyId": alias.id}).outputs
    assert answer["id"] == second.id


def test_log_group_lives_and_dies(stack, client):
    key = stack.create(KEY, "logs", deletionWindowInDays=7)
    name = "/aws/eks/test/cluster"
    stack.create(
        LOG_GROUP, "g", name=name, retentionInDays=90, kmsKeyId=key.outputs["arn"], tags={"a": "b"}
    )
    assert stack.found_again(LOG_GROUP, "g")
    changed = ("kmsKeyId", "retentionInDays", "tags", "tagsAll")
    stack.update(LOG_GROUP, "g", *changed, name=name, retentionInDays=30, tags={"c": "d"})
    group = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    assert group["retentionInDays"] == 30


def test_protected_log_group_stays(stack):
    stack.create(LOG_GROUP, "p", name="p", deletionProtectionEnabled=True)
    assert "deletion protection" in stack.deletion_refused(LOG_GROUP, "p")
    stack.update(
        LOG_GROUP, "p", "deletionProtectionEnabled", name="p", deletionProtectionEnabled=False
    )


def test_repository_lives_and_dies(stack, client, recorded):
    scan = {"scanOnPush": True}
    repository = stack.create(
        REPOSITORY,
        "Shop/Web",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration=scan,
        tags={"a": "b"},
    )
    assert repository.id.startswith("shop/web-")
    registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert repository.outputs["repositoryUrl"] == f"{registry}/{repository.id}"
    assert stack.found_again(REPOSITORY, "Shop/Web")
    filters = [{"filter": "latest*", "filterType": "WILDCARD"}]
    changed = (
        "imageTagMutability",
        "imageTagMutabilityExclusionFilters",
        "tags",
        "tagsAll",
    )
    stack.update(
        REPOSITORY,
        "Shop/Web",
        *changed,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
    )
    found = client("ecr").describe_repositories(repositoryNames=[repository.id])["repositories"][0]
    assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    encrypted = [{"encryptionType": "KMS"}]
    assert stack.replaced_by(
        REPOSITORY,
        "Shop/Web",
        encryptionConfigurations=encrypted,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
    ) == ("encryptionConfigurations",)
    token = "aws:ecr/getRepository:getRepository"
    answer = stack.provider.invoke(token, {"name": repository.id}).outputs
    assert answer["imageTagMutabilityExclusionFilters"] == filters
    stack.delete(REPOSITORY, "Shop/Web")
    assert REPOSITORY not in str(recorded())


def test_repository_with_images_goes_by_force_alone(stack, client):
    repository = stack.create(REPOSITORY, "full")
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    client("ecr").put_image(repositoryName=repository.id, imageManifest=manifest)
    assert "RepositoryNotEmptyException" in stack.deletion_refused(REPOSITORY, "full")
    stack.update(REPOSITORY, "full", "forceDelete", forceDelete=True)


def test_policies_of_a_repository(stack):
    repository = stack.create(REPOSITORY, "policies")
    rule = {
        "rulePriority": 1,
        "description": "one",
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"},
    }
    stack.create(LIFECYCLE, "lifecycle", repository=repository.id, policy={"rules": [rule]})
    changed = {"rules": [{**rule, "description": "two"}]}
    replaces = stack.replaced_by(LIFECYCLE, "lifecycle", repository=repository.id, policy=changed)
    assert replaces == ("policy",)
    statement = {
        "Sid": "pull",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": ["ecr:BatchGetImage"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    stack.create(PERMISSIONS, "permissions", repository=repository.id, policy=policy)
    wider = {**statement, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
    stack.update(
        PERMISSIONS,
        "permissions",
        "policy",
        repository=repository.id,
        policy={"Version": "2012-10-17", "Statement": [wider]},
    )
    for type_, name in ((LIFECYCLE, "lifecycle"), (PERMISSIONS, "permissions")):
        assert stack.found_again(type_, name)


def test_pull_through_cache_rule_is_recorded(stack, recorded):
    stack.create(
        CACHE, "public", ecrRepositoryPrefix="ecr-public", upstreamRegistryUrl="public.ecr.aws"
    )
    assert recorded()[CACHE]["ecr-public"]["registryId"] == "123456789012"
    assert stack.provider.records_only(CACHE)
    stack.delete(CACHE, "public")
    assert CACHE not in recorded()


def test_scanning_of_the_registry_goes_back_to_basic(stack, client):
    rules = [
        {
            "scanFrequency": "SCAN_ON_PUSH",
            "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
        }
    ]
    urn = f"urn:pulumi:test::seawall::{SCANNING}::scan"
    checked = stack.provider.check(
        urn, SCANNING, None, {"scanType": "ENHANCED", "rules": rules}, b""
    )
    made = stack.provider.create(urn, SCANNING, checked.inputs, preview=False, timeout=0)
    assert made.outputs["rules"] == rules
    stack.provider.delete(urn, SCANNING, made, timeout=0)
    found = client("ecr").get_registry_scanning_configuration()["scanningConfiguration"]
    assert found == {"scanType": "BASIC", "rules": []}


def test_authorization_token_is_of_the_form_that_docker_takes(stack):
    token = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    secret = stack.provider.invoke(token, {}).secret_outputs
    assert secret == {"authorizationToken", "password"}
    answer = stack.provider.invoke(token, {}).outputs
    assert answer["userName"] == "AWS"
    assert answer["proxyEndpoint"] == "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("type_", "inputs", "property_"),
    [
        (KEY, {"deletionWindowInDays": 6}, "deletionWindowInDays"),
        (KEY, {"rotationPeriodInDays": 30}, "rotationPeriodInDays"),
        (KEY, {"policy": "no"}, "policy"),
        (ALIAS, {"name": "data", "targetKeyId": "k"}, "name"),
        (ALIAS, {"name": "alias/aws/s3", "targetKeyId": "k"}, "name"),
        (LOG_GROUP, {"retentionInDays": 2}, "retentionInDays"),
        (LOG_GROUP, {"name": "a b"}, "name"),
        (LOG_GROUP, {"logGroupClass": "CHEAP"}, "logGroupClass"),
        (REPOSITORY, {"name": "Shop"}, "name"),
        (REPOSITORY, {"imageTagMutability": "FIXED"}, "imageTagMutability"),
        (
            REPOSITORY,
            {"imageTagMutability": "MUTABLE_WITH_EXCLUSION"},
            "imageTagMutabilityExclusionFilters",
        ),
        (LIFECYCLE, {"repository": "a", "policy": "no"}, "policy"),
        (LIFECYCLE, {"repository": "a", "policy": json.dumps({"a": "x" * 30_720})}, "policy"),
        (
            CACHE,
            {"ecrRepositoryPrefix": "A", "upstreamRegistryUrl": "public.ecr.aws"},
            "ecrRepositoryPrefix",
        ),
        (
            CACHE,
            {
                "ecrRepositoryPrefix": "hub",
                "upstreamRegistryUrl": "registry-1.docker.io",
                "credentialArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub",
            },
            "credentialArn",
        ),
    ],
)
def test_bad_arguments_fail_the_check(stack, type_, inputs, property_):
    urn = f"urn:pulumi:test::seawall::{type_}::bad"
    failures = stack.provider.check(urn, type_, None, inputs, b"seed").failures
    assert [failure.property for failure in failures] == [property_]
