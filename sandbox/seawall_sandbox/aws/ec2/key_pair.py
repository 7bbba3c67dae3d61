"""``aws:ec2/keyPair:KeyPair``: a public key that AWS is given. Its id is its name."""

from typing import Any

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import retag, tag_specifications
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value


class KeyPair(ResourceType):
    """See the module."""

    token = "aws:ec2/keyPair:KeyPair"  # a type token
    force_new = frozenset({"keyName", "keyNamePrefix", "publicKey"})
    write_only = frozenset({"publicKey"})
    name_property = "keyName"
    name_prefix_property = "keyNamePrefix"

    def same(self, place: str, old: Value, new: Value) -> bool:
        """White space around a key means nothing."""
        return place == "publicKey" and str(old).strip() == str(new).strip()

    def create(self, ctx: Context, inputs: Properties) -> str:
        made = ctx.client("ec2").import_key_pair(
            KeyName=inputs["keyName"],
            PublicKeyMaterial=inputs["publicKey"].strip().encode(),
            **tag_specifications("key-pair", inputs),
        )
        return str(made["KeyName"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _found(ctx, id_)
        return {
            "arn": ctx.arn("ec2", f"key-pair/{id_}"),
            "fingerprint": found["KeyFingerprint"],
            "keyName": found["KeyName"],
            "keyNamePrefix": known.get("keyNamePrefix", ""),
            "keyPairId": found["KeyPairId"],
            "keyType": found.get("KeyType", ""),
            "tagsAll": tags.from_list(found.get("Tags")),
        }

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("ec2").delete_key_pair(KeyName=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        retag(ctx, outputs["keyPairId"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, with the same tags."""
        found = _found(ctx, inputs["keyName"])
        same = tags.from_list(found.get("Tags")) == (inputs.get("tagsAll") or {})
        return str(found["KeyName"]) if same else None


def _found(ctx: Context, name: str) -> dict[str, Any]:
    return ctx.client("ec2").describe_key_pairs(KeyNames=[name])["KeyPairs"][0]
