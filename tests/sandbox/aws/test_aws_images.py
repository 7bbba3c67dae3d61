"""Machine images: programs find the public ones that they look for."""

import pytest

from seawall_sandbox.protocol import ProviderError

pytestmark = pytest.mark.emulator

GET_AMI = "aws:ec2/getAmi:getAmi"


def named(pattern, *more, owner, **arguments):
    filters = [{"name": "name", "values": [pattern]}]
    filters += [{"name": name, "values": [value]} for name, value in more]
    return {"mostRecent": True, "owners": [owner], "filters": filters, **arguments}


@pytest.mark.parametrize(
    ("arguments", "name", "architecture"),
    [
        (
            named("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", owner="099720109477"),
            "ubuntu-jammy-22.04-amd64-server-",
            "x86_64",
        ),
        (
            named(
                "ubuntu/images/*/ubuntu-*-24.04-*-server-*",
                ("architecture", "arm64"),
                ("root-device-type", "ebs"),
                ("virtualization-type", "hvm"),
                owner="099720109477",
            ),
            "hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-",
            "arm64",
        ),
        (named("debian-12-amd64-*", owner="136693071363"), "debian-12-amd64-", "x86_64"),
        (named("al2023-ami-2023.*-x86_64", owner="amazon"), "al2023-ami-2023.", "x86_64"),
        (
            named("amzn2-ami-hvm-*-x86_64-gp2", ("hypervisor", "xen"), owner="amazon"),
            "amzn2-ami-hvm-2.0.",
            "x86_64",
        ),
        (
            named("RHEL-9*", owner="309956199498", nameRegex="x86_64"),
            "RHEL-9.4.0_HVM-",
            "x86_64",
        ),
    ],
)
def test_usual_filters_find_an_image(stack, arguments, name, architecture):
    found = stack.provider.invoke(GET_AMI, arguments).outputs
    assert name in found["name"]
    assert found["architecture"] == architecture
    assert found["rootDeviceType"] == "ebs"
    assert found["id"].startswith("ami-")


@pytest.mark.parametrize("value", ["instance-store", "[e]bs"])
def test_filters_that_the_emulator_lacks_are_kept_to(stack, value):
    arguments = named("debian-12-*", ("root-device-type", value), owner="136693071363")
    with pytest.raises(ProviderError, match="no image matches"):
        stack.provider.invoke(GET_AMI, arguments)
