"""The resource types of the random provider, as pulumi-random 4 has them.

Arguments, defaults, outputs and ids: https://www.pulumi.com/registry/packages/random/api-docs/ and
the schema of hashicorp/random 3. ``bcryptHash`` of a password is left out: no library at hand makes
it, and an empty or false hash would be worse than none.
"""

import base64
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from seawall_sandbox.values import UNKNOWN, Properties, Value

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The special characters a password is made of unless ``overrideSpecial`` names others."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a resource type."""

    kind: type
    default: Value = None
    required: bool = False


class RandomType(Protocol):
    """A resource type. Each change of an argument makes a new one: nothing is ever updated."""

    @property
    def arguments(self) -> Mapping[str, Argument]: ...

    @property
    def secret_outputs(self) -> frozenset[str]: ...

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """The property and the reason why these inputs, which may hold unknowns, cannot be."""
        ...

    def planned(self, inputs: Properties) -> Properties:
        """The outputs as a preview knows them."""
        ...

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """A new one: its id and its outputs."""
        ...


class RandomPassword:
    """``random:index/randomPassword:RandomPassword``."""

    arguments: Mapping[str, Argument] = {
        "keepers": Argument(dict),
        "length": Argument(int, required=True),
        "lower": Argument(bool, default=True),
        "minLower": Argument(int, default=0),
        "minNumeric": Argument(int, default=0),
        "minSpecial": Argument(int, default=0),
        "minUpper": Argument(int, default=0),
        "number": Argument(bool, default=True),
        "numeric": Argument(bool, default=True),
        "overrideSpecial": Argument(str),
        "special": Argument(bool, default=True),
        "upper": Argument(bool, default=True),
    }
    secret_outputs = frozenset({"result"})

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """Too short for its parts, or made of nothing."""
        given = self._complete(inputs)
        length = given["length"]
        if _known(length) and length < 1:
            return "length", f"length must be at least 1, got {length}."
        minima = [given[name] for name in ("minUpper", "minLower", "minNumeric", "minSpecial")]
        if _known(length, *minima) and length < sum(minima):
            return "length", (
                f"length is {length}, less than minUpper + minLower + minNumeric + minSpecial = "
                f"{sum(minima)}. Raise length or lower the minima."
            )
        sets = [given[name] for name in ("upper", "lower", "numeric", "special")]
        if _known(*sets) and not any(sets):
            return "special", "One of upper, lower, numeric and special must be true."
        return None

    def planned(self, inputs: Properties) -> Properties:
        """All but the password itself."""
        return {**self._complete(inputs), "result": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """A password from the system's source of randomness. Its id is always ``none``."""
        given = self._complete(inputs)
        special = given.get("overrideSpecial") or SPECIAL
        parts: list[tuple[str, bool, int]] = [
            (special, given["special"], given["minSpecial"]),
            (string.ascii_uppercase, given["upper"], given["minUpper"]),
            (string.ascii_lowercase, given["lower"], given["minLower"]),
            (string.digits, given["numeric"], given["minNumeric"]),
        ]
        alphabet = "".join(characters for characters, wanted, _ in parts if wanted)
        chosen = [
            secrets.choice(characters) for characters, _, least in parts for _ in range(least)
        ]
        chosen += [secrets.choice(alphabet) for _ in range(given["length"] - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "none", {**given, "result": "".join(chosen)}

    def _complete(self, inputs: Properties) -> Properties:
        given = _with_defaults(self.arguments, inputs)
        # number is the old name of numeric: whichever is given counts for both.
        name = "numeric" if "numeric" in inputs else "number"
        given["number"] = given["numeric"] = given[name]
        return given


class RandomId:
    """``random:index/randomId:RandomId``."""

    arguments: Mapping[str, Argument] = {
        "byteLength": Argument(int, required=True),
        "keepers": Argument(dict),
        "prefix": Argument(str),
    }
    secret_outputs: frozenset[str] = frozenset()

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """An id of no bytes."""
        length = inputs["byteLength"]
        if _known(length) and length < 1:
            return "byteLength", f"byteLength must be at least 1, got {length}."
        return None

    def planned(self, inputs: Properties) -> Properties:
        """The arguments; the id in all its forms is unknown."""
        return {**inputs, **dict.fromkeys(("b64Std", "b64Url", "dec", "hex"), UNKNOWN)}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """Random bytes; the id is their URL-safe base64 without padding and prefix."""
        content = secrets.token_bytes(inputs["byteLength"])
        prefix = inputs.get("prefix") or ""
        url = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return url, {
            **inputs,
            "b64Std": prefix + base64.b64encode(content).decode(),
            "b64Url": prefix + url,
            "dec": prefix + str(int.from_bytes(content)),
            "hex": prefix + content.hex(),
        }


TYPES: Mapping[str, RandomType] = {
    "random:index/randomPassword:RandomPassword": RandomPassword(),
    "random:index/randomId:RandomId": RandomId(),
}


def _with_defaults(arguments: Mapping[str, Argument], inputs: Properties) -> Properties:
    defaults = {name: a.default for name, a in arguments.items() if a.default is not None}
    return {**defaults, **inputs}


def _known(*values: Any) -> bool:
    return UNKNOWN not in values
