"""Certificate Manager: certificates."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.errors import ClientError, code_of
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_METHODS: Final = frozenset({"DNS", "EMAIL", "NONE"})
_MOST_NAMES: Final = 100
"""Alternative names that a request takes.

https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
"""


class Certificate(ResourceType):
    """``aws:acm/certificate:Certificate``, requested or imported. Its id is its ARN."""

    token = "aws:acm/certificate:Certificate"  # a type token
    force_new = frozenset(
        {
            "certificateAuthorityArn",
            "domainName",
            "keyAlgorithm",
            "subjectAlternativeNames",
            "validationMethod",
            "validationOptions",
        },
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "options.certificateTransparencyLoggingPreference": "ENABLED"
    }
    computed = frozenset({"options.export"})
    sets = frozenset({"subjectAlternativeNames", "validationOptions"})
    write_only = frozenset(
        {
            "certificateAuthorityArn",
            "certificateBody",
            "certificateChain",
            "earlyRenewalDuration",
            "privateKey",
            "privateKeyWoVersion",
            "validationOptions",
        },
    )
    secret_outputs = frozenset({"privateKey", "privateKeyWo"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """A certificate is either requested by domain name or imported."""
        imported = any(key in inputs for key in ("certificateBody", "privateKey", "privateKeyWo"))
        if imported == ("domainName" in inputs):
            reason = "Either domainName or certificateBody with privateKey must be given, not both."
            yield Failure("domainName", f"{reason} Choose one.")
        method = inputs.get("validationMethod")
        if isinstance(method, str) and method not in _METHODS:
            known = ", ".join(sorted(_METHODS))
            yield Failure("validationMethod", f"{method!r} is not one of {known}. Choose one.")
        names = as_list(inputs.get("subjectAlternativeNames"))
        if len(names) > _MOST_NAMES:
            reason = f"{len(names)} alternative names are given, {_MOST_NAMES} fit."
            yield Failure("subjectAlternativeNames", f"{reason} Use a wildcard.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        acm = ctx.client("acm")
        labels = tags.to_list(as_dict(inputs.get("tagsAll")))
        if "domainName" not in inputs:
            return str(_import(acm, inputs, Tags=labels)["CertificateArn"])
        options = as_dict(inputs.get("options"))
        optional = {
            "CertificateAuthorityArn": inputs.get("certificateAuthorityArn"),
            "DomainValidationOptions": [
                {"DomainName": o["domainName"], "ValidationDomain": o["validationDomain"]}
                for o in as_list(inputs.get("validationOptions"))
            ],
            "KeyAlgorithm": inputs.get("keyAlgorithm"),
            "Options": {f"{key[0].upper()}{key[1:]}": value for key, value in options.items()},
            "SubjectAlternativeNames": inputs.get("subjectAlternativeNames"),
            "Tags": labels,
            "ValidationMethod": inputs.get("validationMethod"),
        }
        answer = acm.request_certificate(
            DomainName=inputs["domainName"],
            **{key: value for key, value in optional.items() if value},
        )
        return str(answer["CertificateArn"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        acm = ctx.client("acm")
        found = acm.describe_certificate(CertificateArn=id_)["Certificate"]
        labels = acm.list_tags_for_certificate(CertificateArn=id_)["Tags"]
        domain = found["DomainName"]
        names = as_list(found.get("SubjectAlternativeNames"))
        given = known.get("subjectAlternativeNames")
        if given and {*given, domain} == set(names):
            names = given  # ACM adds the domain itself
        options = as_dict(found.get("Options"))
        requested = found["Type"] != "IMPORTED"
        return {
            "arn": id_,
            "domainName": domain,
            "domainValidationOptions": _validations(found) if requested else [],
            "keyAlgorithm": str(found.get("KeyAlgorithm", "")).replace("-", "_"),
            "notAfter": _time(found.get("NotAfter")),
            "notBefore": _time(found.get("NotBefore")),
            "options": {f"{key[0].lower()}{key[1:]}": value for key, value in options.items()},
            "pendingRenewal": False,
            "renewalEligibility": found.get("RenewalEligibility", ""),
            "renewalSummaries": [],
            "status": found["Status"],
            "subjectAlternativeNames": names,
            "type": found["Type"],
            "validationEmails": [],
            "validationMethod": _method(found) if requested else "NONE",
            "tagsAll": tags.from_list(labels),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Import again under the same ARN; a requested certificate has nothing to change here."""
        del old
        if "domainName" not in new and changed & {"certificateBody", "certificateChain"}:
            _import(ctx.client("acm"), new, CertificateArn=id_)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("acm").delete_certificate(CertificateArn=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only certificate for that domain, or with that very body, that has those tags."""
        acm = ctx.client("acm")
        domain, body = inputs.get("domainName"), str(inputs.get("certificateBody", "")).strip()
        pages = acm.get_paginator("list_certificates").paginate()
        summaries = [entry for page in pages for entry in page["CertificateSummaryList"]]
        arns = [
            entry["CertificateArn"]
            for entry in summaries
            if (domain and entry["DomainName"] == domain)
            or (body and _body(acm, entry["CertificateArn"]) == body)
        ]
        labels = ((a, acm.list_tags_for_certificate(CertificateArn=a)["Tags"]) for a in arns)
        candidates = ((arn, tags.from_list(found)) for arn, found in labels)
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        acm = ctx.client("acm")
        if removed:
            keys = [{"Key": key} for key in removed]
            acm.remove_tags_from_certificate(CertificateArn=id_, Tags=keys)
        if added:
            acm.add_tags_to_certificate(CertificateArn=id_, Tags=tags.to_list(added))


def _import(acm: Any, inputs: Properties, **extra: Any) -> Any:
    chain = inputs.get("certificateChain")
    key = inputs.get("privateKey") or inputs.get("privateKeyWo") or ""
    return acm.import_certificate(
        Certificate=inputs["certificateBody"].encode(),
        PrivateKey=key.encode(),
        **({"CertificateChain": chain.encode()} if chain else {}),
        **{name: value for name, value in extra.items() if value},
    )


def _body(acm: Any, arn: str) -> str:
    """A certificate in PEM; empty while it is not issued."""
    try:
        return str(acm.get_certificate(CertificateArn=arn)["Certificate"]).strip()
    except ClientError as error:
        if code_of(error) != "RequestInProgressException":
            raise
        return ""


def _validations(found: dict[str, Any]) -> list[Properties]:
    return [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in as_list(found.get("DomainValidationOptions"))
        if "ResourceRecord" in option
    ]


def _method(found: dict[str, Any]) -> str:
    options = as_list(found.get("DomainValidationOptions")) or [{}]
    return str(options[0].get("ValidationMethod", "NONE"))


def _time(moment: Any) -> str:
    return rfc3339(moment) if moment else ""


RESOURCES: Final[tuple[type[ResourceType], ...]] = (Certificate,)
