"""What the fork server imports, once for all its children."""

import gc
import multiprocessing.util

import moto.ec2
import moto.iam
import pulumi_aws
import pulumi_kubernetes

import seawall.platform
import seawall.program
import seawall_sandbox.aws.provider
import seawall_sandbox.kubernetes
import seawall_sandbox.random
import seawall_sandbox.session

gc.freeze()
