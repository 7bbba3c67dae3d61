"""``aws:iam/openIdConnectProvider:OpenIdConnectProvider``."""

from collections.abc import Iterable

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_SCHEME = "https://"


class OpenIdConnectProvider(ResourceType):
    """An OpenID Connect issuer that IAM trusts. Its id is its ARN."""

    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"  # a type token
    force_new = frozenset({"url"})
    sets = frozenset({"clientIdLists"})
    name_property = ""

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """IAM takes issuers by https only."""
        url = inputs.get("url")
        if isinstance(url, str) and not url.startswith(_SCHEME):
            reason = f"{url!r} does not begin with https://, as an OpenID Connect issuer must."
            yield Failure("url", f"{reason} Correct it.")

    def same(self, place: str, old: Value, new: Value) -> bool:
        """IAM tells the URL without its scheme."""
        return place == "url" and str(old) == str(new).removeprefix(_SCHEME)

    def create(self, ctx: Context, inputs: Properties) -> str:
        thumbprints = inputs.get("thumbprintLists")
        answer = ctx.client("iam").create_open_id_connect_provider(
            Url=inputs["url"],
            ClientIDList=inputs["clientIdLists"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll"))),
            **({"ThumbprintList": thumbprints} if thumbprints else {}),
        )
        return str(answer["OpenIDConnectProviderArn"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        iam = ctx.client("iam")
        provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=id_)
        return {
            "arn": id_,
            "clientIdLists": provider["ClientIDList"],
            "thumbprintLists": provider["ThumbprintList"],
            "url": str(provider["Url"]).removeprefix(_SCHEME),
            "tagsAll": tags.from_list(provider.get("Tags")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        iam = ctx.client("iam")
        thumbprints = new.get("thumbprintLists") or as_list(old.get("thumbprintLists"))
        if "clientIdLists" in changed:
            # moto has no call to add or remove a client. Made again, the provider is the same to
            # whoever refers to it: its ARN follows from its URL.
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=id_)
            iam.create_open_id_connect_provider(
                Url=new["url"],
                ClientIDList=new["clientIdLists"],
                ThumbprintList=thumbprints,
                Tags=tags.to_list(as_dict(old.get("tagsAll"))),
            )
        elif "thumbprintLists" in changed and thumbprints:
            iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=id_, ThumbprintList=thumbprints
            )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        iam = ctx.client("iam")
        if removed:
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=id_, TagKeys=removed)
        if added:
            iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=id_, Tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By ARN, which follows from the URL."""
        host = str(inputs["url"]).removeprefix(_SCHEME)
        arn = ctx.arn("iam", f"oidc-provider/{host}", region=False)
        ctx.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        return arn
