"""What the fork server imports, once for all its children."""

import gc
import importlib

for name in (
    "moto.ec2",
    "moto.iam",
    "pulumi_aws",
    "pulumi_kubernetes",
    "seawall.platform",
    "seawall.program",
    "seawall_sandbox.aws.provider",
    "seawall_sandbox.kubernetes",
    "seawall_sandbox.random",
    "seawall_sandbox.session",
):
    importlib.import_module(name)
gc.freeze()
