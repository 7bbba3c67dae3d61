"""How to reach a cluster: its kubeconfig. Pure."""

import json


def kubeconfig(*, name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """A kubeconfig for the EKS cluster ``name``, as JSON, which is YAML too.

    It holds no credential: a client gets a token for its own AWS identity with
    ``aws eks get-token`` (AWS CLI 2). ``certificate_authority`` is base64, as EKS gives it. Only
    name, region, endpoint and certificate enter, none of which an update of the cluster changes.
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": endpoint,
                        "certificate-authority-data": certificate_authority,
                    },
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
            "users": [
                {
                    "name": name,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "command": "aws",
                            "args": [
                                "--region",
                                region,
                                "eks",
                                "get-token",
                                "--cluster-name",
                                name,
                                "--output",
                                "json",
                            ],
                            "interactiveMode": "Never",
                        }
                    },
                }
            ],
        },
        indent=2,
    )
