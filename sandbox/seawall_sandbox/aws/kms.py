"""KMS: keys and aliases."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import is_json_object, normal, rfc3339
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_ALIAS: Final = "alias/"
_SHORTEST_WAIT, _LONGEST_WAIT = 7, 30
"""Days between asking for a key's deletion and its end; the longest is the default.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
"""
_DEFAULT_ROTATION: Final = 365
_GOING: Final = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


class Key(ResourceType):
    """``aws:kms/key:Key``. Deleting one schedules its deletion, as AWS has it."""

    token = "aws:kms/key:Key"  # a type token
    force_new = frozenset(
        {"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }
    documents = frozenset({"policy"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {"MalformedPolicyDocumentException": ()}
    write_only = frozenset({"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The waiting time, the rotation period and the policy's form."""
        window = inputs.get("deletionWindowInDays")
        if isinstance(window, int) and not _SHORTEST_WAIT <= window <= _LONGEST_WAIT:
            reason = f"{window} days are not between {_SHORTEST_WAIT} and {_LONGEST_WAIT}."
            yield Failure("deletionWindowInDays", f"{reason} Choose a number of days in between.")
        period = inputs.get("rotationPeriodInDays")
        if isinstance(period, int) and not 90 <= period <= 2560:
            yield Failure(
                "rotationPeriodInDays", f"{period} days are not between 90 and 2560. Correct it."
            )
        policy = inputs.get("policy")
        if isinstance(policy, str) and not is_json_object(policy):
            yield Failure("policy", "The key policy is no JSON object. Correct it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        kms = ctx.client("kms")
        optional = {
            "Description": inputs.get("description"),
            "Policy": inputs.get("policy"),
            "MultiRegion": inputs.get("multiRegion"),
            "CustomKeyStoreId": inputs.get("customKeyStoreId"),
            "XksKeyId": inputs.get("xksKeyId"),
        }
        answer = kms.create_key(
            KeyUsage=inputs["keyUsage"],
            KeySpec=inputs["customerMasterKeySpec"],
            BypassPolicyLockoutSafetyCheck=inputs["bypassPolicyLockoutSafetyCheck"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll")), "TagKey", "TagValue"),
            **{key: value for key, value in optional.items() if value},
        )
        return str(answer["KeyMetadata"]["KeyId"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        kms = ctx.client("kms")
        if inputs["enableKeyRotation"]:
            _set_rotation(kms, id_, inputs)
        if not inputs["isEnabled"]:
            kms.disable_key(KeyId=id_)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        kms = ctx.client("kms")
        key = kms.describe_key(KeyId=id_)["KeyMetadata"]
        if key["KeyState"] in _GOING:
            return None
        rotation = kms.get_key_rotation_status(KeyId=id_)
        rotates = rotation["KeyRotationEnabled"]
        # moto forgets the period; it is a number of the caller's choice, so the last one holds.
        period = rotation.get("RotationPeriodInDays") or known.get("rotationPeriodInDays")
        labels = kms.list_resource_tags(KeyId=id_)["Tags"]
        return {
            "arn": key["Arn"],
            "customKeyStoreId": key.get("CustomKeyStoreId", ""),
            "customerMasterKeySpec": key.get("KeySpec") or key["CustomerMasterKeySpec"],
            "description": key.get("Description", ""),
            "enableKeyRotation": rotates,
            "isEnabled": key["Enabled"],
            "keyId": key["KeyId"],
            "keyUsage": key["KeyUsage"],
            "multiRegion": key.get("MultiRegion", False),
            "policy": normal(kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"]),
            "rotationPeriodInDays": (period or _DEFAULT_ROTATION) if rotates else 0,
            "xksKeyId": key.get("XksKeyConfiguration", {}).get("Id", ""),
            "tagsAll": tags.from_list(labels, "TagKey", "TagValue"),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        kms = ctx.client("kms")
        if "isEnabled" in changed and new["isEnabled"]:
            kms.enable_key(KeyId=id_)  # a disabled key takes no other change
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            if new["enableKeyRotation"]:
                _set_rotation(kms, id_, new)
            elif old.get("enableKeyRotation"):
                kms.disable_key_rotation(KeyId=id_)
        if "description" in changed:
            kms.update_key_description(KeyId=id_, Description=new.get("description", ""))
        if "policy" in changed and new.get("policy"):
            kms.put_key_policy(KeyId=id_, PolicyName="default", Policy=new["policy"])
        if "isEnabled" in changed and not new["isEnabled"]:
            kms.disable_key(KeyId=id_)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        kms = ctx.client("kms")
        if kms.describe_key(KeyId=id_)["KeyMetadata"]["KeyState"] in _GOING:
            return
        days = outputs.get("deletionWindowInDays") or _LONGEST_WAIT
        kms.schedule_key_deletion(KeyId=id_, PendingWindowInDays=days)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only key of that use, spec and description with those tags."""
        kms = ctx.client("kms")

        def candidates() -> Iterable[tuple[str, tags.Tags]]:
            for page in kms.get_paginator("list_keys").paginate():
                for entry in page["Keys"]:
                    key = kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
                    told = (key["KeyUsage"], key.get("KeySpec"), key.get("Description", ""))
                    if told != asked or key["KeyState"] in _GOING or key["KeyManager"] == "AWS":
                        continue
                    labels = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
                    yield key["KeyId"], tags.from_list(labels, "TagKey", "TagValue")

        asked = (
            inputs["keyUsage"],
            inputs["customerMasterKeySpec"],
            inputs.get("description", ""),
        )
        return tags.only_with(inputs.get("tagsAll"), candidates(), ctx.held)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        kms = ctx.client("kms")
        if removed:
            kms.untag_resource(KeyId=id_, TagKeys=removed)
        if added:
            kms.tag_resource(KeyId=id_, Tags=tags.to_list(added, "TagKey", "TagValue"))


class Alias(ResourceType):
    """``aws:kms/alias:Alias``. Its id is its name, ``alias/`` included."""

    token = "aws:kms/alias:Alias"  # a type token
    force_new = frozenset({"name", "namePrefix"})

    def automatic_name(self, name: str, seed: bytes) -> str:
        """With ``alias/`` before a name that has none."""
        full = name if name.startswith(_ALIAS) else f"{_ALIAS}{name}"
        return automatic_name(full, seed, max_length=self.name_max)

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """An alias begins with ``alias/``, and not with ``alias/aws/``, which is AWS's own."""
        name = inputs.get("name")
        if isinstance(name, str) and (
            not name.startswith(_ALIAS) or name.startswith(f"{_ALIAS}aws/")
        ):
            reason = f"{name!r} must begin with 'alias/', and not with 'alias/aws/'. Rename it."
            yield Failure("name", reason)

    def same(self, place: str, old: Value, new: Value) -> bool:
        """A key may be named by its id or by its ARN."""
        return place == "targetKeyId" and _key_id(old) == _key_id(new)

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = str(inputs["name"])
        ctx.client("kms").create_alias(AliasName=name, TargetKeyId=inputs["targetKeyId"])
        return name

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        alias = _alias(ctx, id_)
        if alias is None:
            return None
        target = alias["TargetKeyId"]
        return {
            "arn": alias["AliasArn"],
            "name": alias["AliasName"],
            "namePrefix": known.get("namePrefix", ""),
            "targetKeyArn": ctx.arn("kms", f"key/{target}"),
            "targetKeyId": target,
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        ctx.client("kms").update_alias(AliasName=id_, TargetKeyId=new["targetKeyId"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("kms").delete_alias(AliasName=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if it leads to the same key."""
        alias = _alias(ctx, str(inputs["name"]))
        same = alias is not None and alias["TargetKeyId"] == _key_id(inputs["targetKeyId"])
        return str(inputs["name"]) if same else None


def get_key(ctx: Context, args: Properties) -> Properties:
    """``aws:kms/getKey:getKey``: a key by id, ARN, alias name or alias ARN."""
    given = str(args["keyId"])
    name = given.rpartition(":")[2] if given.startswith("arn:") else given
    if name.startswith(_ALIAS):
        alias = _alias(ctx, name)
        target = alias["TargetKeyId"] if alias else name
    else:
        target = _key_id(given)
    key = ctx.client("kms").describe_key(KeyId=target)["KeyMetadata"]
    ends = key.get("DeletionDate")
    return {
        "arn": key["Arn"],
        "awsAccountId": key["AWSAccountId"],
        "cloudHsmClusterId": key.get("CloudHsmClusterId", ""),
        "creationDate": rfc3339(key["CreationDate"]),
        "customKeyStoreId": key.get("CustomKeyStoreId", ""),
        "customerMasterKeySpec": key["CustomerMasterKeySpec"],
        "deletionDate": rfc3339(ends) if ends else "",
        "description": key.get("Description", ""),
        "enabled": key["Enabled"],
        "expirationModel": key.get("ExpirationModel", ""),
        "grantTokens": args.get("grantTokens"),
        "id": key["KeyId"],
        "keyId": given,
        "keyManager": key["KeyManager"],
        "keySpec": key["KeySpec"],
        "keyState": key["KeyState"],
        "keyUsage": key["KeyUsage"],
        "multiRegion": key.get("MultiRegion", False),
        "multiRegionConfigurations": [],
        "origin": key["Origin"],
        "pendingDeletionWindowInDays": key.get("PendingDeletionWindowInDays", 0),
        "region": ctx.region,
        "validTo": "",
        "xksKeyConfigurations": [],
    }


def _set_rotation(kms: Any, id_: str, inputs: Properties) -> None:
    period = inputs.get("rotationPeriodInDays")
    kms.enable_key_rotation(KeyId=id_, **({"RotationPeriodInDays": period} if period else {}))


def _key_id(given: Value) -> str:
    """The id in a key's ARN, or the id itself."""
    return str(given).rpartition("key/")[2]


def _alias(ctx: Context, name: str) -> Mapping[str, Any] | None:
    pages = ctx.client("kms").get_paginator("list_aliases").paginate()
    found = (alias for page in pages for alias in page["Aliases"])
    return next((a for a in found if a["AliasName"] == name and "TargetKeyId" in a), None)


RESOURCES: Final[tuple[type[ResourceType], ...]] = (Alias, Key)
FUNCTIONS: Final[dict[str, Function]] = {"aws:kms/getKey:getKey": get_key}
