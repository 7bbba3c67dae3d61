import pytest

from seawall.services.kubernetes.names import is_label_value, is_qualified_name, object_name


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("team", True),
        ("com.example/team", True),
        ("traefik.http.routers.web.rule", True),
        ("a.b/c/d", False),
        ("a..b/c", False),
        ("-a", False),
        ("a/", False),
        ("x" * 64, False),
    ],
)
def test_keys_of_annotations(key, valid):
    assert is_qualified_name(key) is valid


@pytest.mark.parametrize(("value", "valid"), [("", True), ("a_b.c", True), ("a b", False)])
def test_values_of_labels(value, valid):
    assert is_label_value(value) is valid


@pytest.mark.parametrize(
    ("name", "expected"),
    [("db_data", "db-data"), ("DB.Data_", "db-data"), ("a" * 50, "a" * 40), ("__", "9911f4d2")],
)
def test_object_names(name, expected):
    assert object_name(name) == expected
