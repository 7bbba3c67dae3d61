import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.registry import RegistryError, repository_name
from seawall.registry.policies import lifecycle_policy, repository_policy

CI = "arn:aws:iam::210987654321:role/ci"
OTHER = "arn:aws:iam::111111111111:root"


def test_the_repository_of_a_service() -> None:
    assert repository_name("shop", "order-worker") == "shop/order-worker"


@pytest.mark.parametrize(
    "service", ["", "Web", "a--b", "-a", "a-", "a/b", "ä", "a b", "web.", "w\n"]
)
def test_names_that_ecr_does_not_take(service: str) -> None:
    with pytest.raises(RegistryError, match="cannot be the name of a repository"):
        repository_name("shop", service)


def test_names_end_at_256_characters() -> None:
    assert len(repository_name("shop", "s" * 251)) == 256
    with pytest.raises(RegistryError, match="would have a name of 257 characters"):
        repository_name("shop", "s" * 252)


@given(
    st.lists(st.text("az09", min_size=1, max_size=9), min_size=1, max_size=9),
    st.sampled_from("._-"),
)
def test_every_name_of_the_right_form_passes(words: list[str], separator: str) -> None:
    service = separator.join(words)
    assert repository_name("shop", service) == f"shop/{service}"


def test_images_expire_by_age_without_and_by_number_with_a_tag() -> None:
    rules = json.loads(lifecycle_policy(7, 100))["rules"]
    assert [(rule["rulePriority"], rule["action"]) for rule in rules] == [
        (1, {"type": "expire"}),
        (2, {"type": "expire"}),
    ]
    assert [rule["selection"] for rule in rules] == [
        {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": 7,
        },
        {
            "tagStatus": "tagged",
            "tagPatternList": ["*"],
            "countType": "imageCountMoreThan",
            "countNumber": 100,
        },
    ]


def test_nobody_to_name_means_no_policy() -> None:
    assert repository_policy([], []) is None


def test_pulling_takes_reading_only() -> None:
    document = json.loads(repository_policy([], [OTHER, CI, CI]) or "")
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Pull",
                "Effect": "Allow",
                "Principal": {"AWS": [OTHER, CI]},
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
            }
        ],
    }


def test_pushing_deletes_nothing_and_changes_no_settings() -> None:
    (statement,) = json.loads(repository_policy([CI], []) or "")["Statement"]
    assert (statement["Sid"], statement["Principal"]) == ("Push", {"AWS": [CI]})
    assert statement["Action"] == [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    ]
