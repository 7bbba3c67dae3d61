"""``aws:iam/getPolicyDocument:getPolicyDocument``: a policy's JSON from its parts, offline.

Follows the rules of Terraform's ``aws_iam_policy_document``, so that a document is the same text,
byte for byte: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, cast

from seawall_sandbox.aws.context import Context
from seawall_sandbox.values import Properties

VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"
"""The version that knows no policy variables."""

_ELEMENTS: Mapping[str, str] = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}
_ORDER = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
"""The order in which a statement's elements are written."""


def get_policy_document(ctx: Context, args: Properties) -> Properties:  # noqa: ARG001  # pure
    """The document as text, ``json`` indented and ``minifiedJson`` not."""
    document = policy_document(args)
    text = dumps(document, indent=2)
    statements = [_echo(statement) for statement in _given_statements(args)]
    return {
        **{key: value for key, value in args.items() if value is not None},
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": dumps(document),
        **({"statements": statements} if statements else {}),
        "version": args.get("version") or VERSION,
    }


def policy_document(args: Properties) -> dict[str, Any]:
    """The document as AWS reads it: sources, then the statements, then overrides by Sid.

    Raises ``ValueError`` for two statements with one Sid, and for a source that is no JSON object.
    """
    version = args.get("version") or VERSION
    merged: dict[str, Any] = {"Version": version, "Id": "", "Statement": []}
    sources = [args.get("sourceJson"), *(args.get("sourcePolicyDocuments") or ())]
    seen: set[str] = set()
    for index, source in enumerate(sources):
        if not source:
            continue
        document = _parse(source, f"sourcePolicyDocuments[{max(index - 1, 0)}]")
        _refuse_twins(document["Statement"], seen)
        _merge(merged, document)
    own = [_statement(statement, version) for statement in _given_statements(args)]
    _refuse_twins(own, set())
    _merge(merged, {"Id": args.get("policyId") or "", "Version": version, "Statement": own})
    for index, override in enumerate(args.get("overridePolicyDocuments") or ()):
        if override:
            _merge(merged, _parse(override, f"overridePolicyDocuments[{index}]"))
    if args.get("overrideJson"):
        _merge(merged, _parse(args["overrideJson"], "overrideJson"))
    return {key: value for key, value in merged.items() if value}


def dumps(document: Mapping[str, Any], indent: int | None = None) -> str:
    """JSON as Go writes it: no spaces when minified, ``<``, ``>`` and ``&`` escaped."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _given_statements(args: Properties) -> list[Properties]:
    return cast("list[Properties]", args.get("statements") or [])


def _statement(given: Properties, version: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        statement["Sid"] = given["sid"]
    for name, element in _ELEMENTS.items():
        texts = given.get(name) or ()
        if texts:
            replaced = texts if name.lower().endswith("actions") else _variables(texts, version)
            statement[element] = _sorted_list(replaced)
    for name, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        principals = cast("list[Properties]", given.get(name) or [])
        if principals:
            statement[element] = _principals(principals, version)
    conditions = cast("list[Properties]", given.get("conditions") or [])
    if conditions:
        statement["Condition"] = _conditions(conditions, version)
    return _ordered(statement)


def _principals(given: Iterable[Properties], version: str) -> Any:
    by_type: dict[str, list[str]] = {}
    for principal in given:
        identifiers = sorted(_variables(principal["identifiers"], version), reverse=True)
        by_type.setdefault(principal["type"], []).extend(identifiers)
    if by_type == {"*": ["*"]}:
        return "*"
    return {kind: _bare(by_type[kind]) for kind in sorted(by_type)}


def _conditions(given: Iterable[Properties], version: str) -> dict[str, dict[str, Any]]:
    tests: dict[str, dict[str, list[str]]] = {}
    for condition in given:
        variables = tests.setdefault(condition["test"], {})
        values = _variables(condition["values"], version)
        variables.setdefault(condition["variable"], []).extend(values)
    return {
        test: {variable: _bare(tests[test][variable]) for variable in sorted(tests[test])}
        for test in sorted(tests)
    }


def _variables(texts: Iterable[str], version: str) -> list[str]:
    """``&{...}`` as ``${...}``: Terraform's way to write a policy variable."""
    replaced: list[str] = []
    for text in texts:
        if version == _OLD_VERSION and "&{" in text:
            raise ValueError(
                f"found &{{ in {text!r}, but version {_OLD_VERSION} has no policy variables."
                f" Set 'version' to {VERSION}."
            )
        replaced.append(text.replace("&{", "${"))
    return replaced


def _sorted_list(texts: Iterable[str]) -> Any:
    return _bare(sorted(set(texts), reverse=True))


def _bare(texts: list[str]) -> Any:
    return texts[0] if len(texts) == 1 else texts


def _ordered(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {element: statement[element] for element in _ORDER if statement.get(element)}


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{place} is no JSON: {error}. Correct the document.") from error
    if not isinstance(document, dict):
        raise ValueError(f"{place} is no policy document. Correct it.")  # noqa: TRY004  # its text
    parsed = cast("dict[str, Any]", document)
    statements: Any = parsed.get("Statement") or []
    listed = cast("list[Any]", statements if isinstance(statements, list) else [statements])
    return {**parsed, "Statement": [_normal(statement) for statement in listed]}


def _normal(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of a source document, with its principals written as ours are."""
    found = dict(statement)
    for element in ("Principal", "NotPrincipal"):
        principals = found.get(element)
        if isinstance(principals, dict):
            by_type = cast("dict[str, Any]", principals)
            found[element] = {
                kind: _bare(sorted(by_type[kind], reverse=True))
                if isinstance(by_type[kind], list)
                else by_type[kind]
                for kind in sorted(by_type)
            }
    return _ordered(found)


def _refuse_twins(statements: Iterable[Mapping[str, Any]], seen: set[str]) -> None:
    for statement in statements:
        sid = str(statement.get("Sid") or "")
        if sid and sid in seen:
            raise ValueError(f"duplicate Sid ({sid}). Remove the Sid or make it unique.")
        seen.add(sid)


def _merge(into: dict[str, Any], document: Mapping[str, Any]) -> None:
    """Add a document's statements; one with a known Sid takes that statement's place."""
    into["Id"] = document.get("Id") or into["Id"]
    into["Version"] = max(into["Version"], document.get("Version") or "")
    for statement in document["Statement"]:
        sid = statement.get("Sid")
        known = [s.get("Sid") for s in into["Statement"]]
        if sid and sid in known:
            into["Statement"][known.index(sid)] = statement
        else:
            into["Statement"].append(statement)


def _echo(given: Properties) -> Properties:
    """A statement as the outputs repeat it, with every key."""
    lists = ("actions", "notActions", "notPrincipals", "notResources", "principals", "resources")
    return {
        "conditions": list[Any](given.get("conditions") or ()),
        "effect": given.get("effect") or "Allow",
        "sid": given.get("sid") or "",
        **{name: list[Any](given.get(name) or ()) for name in lists},
    }
