"""Settings of the whole registry, and how to log in to it."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.ecr.repository import NAME
from seawall_sandbox.aws.loose import as_list
from seawall_sandbox.aws.recorded import RecordedOnly
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_TOKEN_LIFE: Final = timedelta(hours=12)


class PullThroughCacheRule(RecordedOnly):
    """``aws:ecr/pullThroughCacheRule:PullThroughCacheRule``. Its id is the repository prefix."""

    token = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"  # a type token
    id_property = "ecrRepositoryPrefix"
    force_new = frozenset(
        {"ecrRepositoryPrefix", "upstreamRegistryUrl", "upstreamRepositoryPrefix"}
    )
    implied: ClassVar[Mapping[str, Value]] = {"upstreamRepositoryPrefix": "ROOT"}

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The prefix's form, and where the credentials must lie."""
        prefix = inputs.get("ecrRepositoryPrefix")
        if (
            isinstance(prefix, str)
            and prefix != "ROOT"
            and not (2 <= len(prefix) <= 30 and NAME.fullmatch(prefix))
        ):
            reason = (
                f"{prefix!r} is no repository prefix: 2 to 30 lower-case letters, digits, ._-/."
            )
            yield Failure("ecrRepositoryPrefix", f"{reason} Rename it.")
        credential = inputs.get("credentialArn")
        if isinstance(credential, str) and ":secret:ecr-pullthroughcache/" not in credential:
            reason = f"{credential!r} names no secret whose name begins with ecr-pullthroughcache/."
            yield Failure("credentialArn", f"{reason} Keep the credentials under such a name.")

    def derive(self, ctx: Context, id_: str, inputs: Properties) -> Properties:
        """The registry, and the defaults that ECR fills in."""
        del id_
        return {
            "credentialArn": inputs.get("credentialArn", ""),
            "customRoleArn": inputs.get("customRoleArn", ""),
            "registryId": ctx.account,
            "upstreamRepositoryPrefix": inputs.get("upstreamRepositoryPrefix", "ROOT"),
        }


class RegistryScanningConfiguration(ResourceType):
    """``aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration``: one per registry.

    Its id is the account number. Deleting it puts basic scanning without rules back.
    """

    token = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"  # a type token
    sets = frozenset({"rules", "rules.repositoryFilters"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        _put_scanning(ctx, inputs)
        return ctx.account

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        answer = ctx.client("ecr").get_registry_scanning_configuration()
        configuration = answer["scanningConfiguration"]
        return {
            "registryId": id_,
            "rules": [
                {
                    "repositoryFilters": rule["repositoryFilters"],
                    "scanFrequency": rule["scanFrequency"],
                }
                for rule in configuration["rules"]
            ],
            "scanType": configuration["scanType"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del id_, old, changed
        _put_scanning(ctx, new)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_, outputs
        _put_scanning(ctx, {"scanType": "BASIC"})

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """Every registry has one, and putting it is all that a create does."""
        del inputs
        return ctx.account


def get_authorization_token(ctx: Context, args: Properties) -> Properties:
    """``aws:ecr/getAuthorizationToken:getAuthorizationToken``: what ``docker login`` needs.

    The token opens nothing: no registry runs in the sandbox. Its end is twelve hours after its
    making, as with ECR.
    """
    return {
        **_token(ctx),
        "id": ctx.region,
        "region": ctx.region,
        "registryId": args.get("registryId"),
    }


def get_credentials(ctx: Context, args: Properties) -> Properties:
    """``aws:ecr/getCredentials:getCredentials``: the same in its older form."""
    return {**_token(ctx), "id": ctx.region, "registryId": args["registryId"]}


def _token(ctx: Context) -> Properties:
    data = ctx.client("ecr").get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "authorizationToken": data["authorizationToken"],
        "expiresAt": rfc3339(datetime.now(UTC) + _TOKEN_LIFE),
        "password": password,
        "proxyEndpoint": data["proxyEndpoint"],
        "userName": user,
    }


def _put_scanning(ctx: Context, inputs: Properties) -> None:
    ctx.client("ecr").put_registry_scanning_configuration(
        scanType=inputs["scanType"],
        rules=[
            {
                "scanFrequency": rule["scanFrequency"],
                "repositoryFilters": rule["repositoryFilters"],
            }
            for rule in as_list(inputs.get("rules"))
        ],
    )
