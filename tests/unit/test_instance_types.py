import pytest

from seawall.instance_types import architecture_of


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        ("m6i.large", "x86_64"),
        ("m7i-flex.large", "x86_64"),
        ("g4dn.xlarge", "x86_64"),
        ("g6e.xlarge", "x86_64"),
        ("u-6tb1.metal", "x86_64"),
        ("m7g.large", "arm64"),
        ("c6gn.medium", "arm64"),
        ("t4g.small", "arm64"),
        ("im4gn.large", "arm64"),
        ("is4gen.large", "arm64"),
        ("g5g.xlarge", "arm64"),
        ("a1.large", "arm64"),
    ],
)
def test_architecture_of_an_instance_type(instance_type, architecture):
    assert architecture_of(instance_type) == architecture
