"""The resource types of the random provider, as pulumi-random 4 has them.

Arguments, defaults, outputs and ids: https://www.pulumi.com/registry/packages/random/api-docs/ and
the schema of hashicorp/random 3. ``bcryptHash`` of a password is left out: no library at hand makes
it, and an empty or false hash would be worse than none.
"""

import base64
import random
import secrets
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from seawall_sandbox.random.words import ADJECTIVES, ADVERBS, ANIMALS
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


class _Characters:
    """A text of random characters: a password, or a string that is no secret."""

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
    secret_outputs: frozenset[str] = frozenset()

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
        """All but the text itself."""
        return {**self._complete(inputs), "result": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """A text from the system's source of randomness."""
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
        text = "".join(chosen)
        return self._id(text), {**given, "result": text}

    def _id(self, text: str) -> str:
        return text

    def _complete(self, inputs: Properties) -> Properties:
        given = _with_defaults(self.arguments, inputs)
        # number is the old name of numeric: whichever is given counts for both.
        name = "numeric" if "numeric" in inputs else "number"
        given["number"] = given["numeric"] = given[name]
        return given


class RandomString(_Characters):
    """``random:index/randomString:RandomString``. Its id is the text."""


class RandomPassword(_Characters):
    """``random:index/randomPassword:RandomPassword``. Its id is always ``none``."""

    secret_outputs = frozenset({"result"})

    def _id(self, text: str) -> str:
        del text
        return "none"


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


class RandomBytes:
    """``random:index/randomBytes:RandomBytes``."""

    arguments: Mapping[str, Argument] = {
        "keepers": Argument(dict),
        "length": Argument(int, required=True),
    }
    secret_outputs = frozenset({"base64", "hex"})

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """No bytes at all."""
        length = inputs["length"]
        if _known(length) and length < 1:
            return "length", f"length must be at least 1, got {length}."
        return None

    def planned(self, inputs: Properties) -> Properties:
        """The arguments; the bytes are unknown."""
        return {**inputs, "base64": UNKNOWN, "hex": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """Random bytes; the id is their base64."""
        content = secrets.token_bytes(inputs["length"])
        text = base64.b64encode(content).decode()
        # The real provider's id is that text too; it is no secret there either.
        return text, {**inputs, "base64": text, "hex": content.hex()}


class RandomInteger:
    """``random:index/randomInteger:RandomInteger``."""

    arguments: Mapping[str, Argument] = {
        "keepers": Argument(dict),
        "max": Argument(int, required=True),
        "min": Argument(int, required=True),
        "seed": Argument(str),
    }
    secret_outputs: frozenset[str] = frozenset()

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """A range without numbers."""
        least, most = inputs["min"], inputs["max"]
        if _known(least, most) and least > most:
            return "min", f"min is {least}, more than max, which is {most}. Lower it."
        return None

    def planned(self, inputs: Properties) -> Properties:
        """The arguments; the number is unknown."""
        return {**inputs, "result": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """A number of the range, both ends included; the id is the number."""
        number = _source(inputs.get("seed")).randint(inputs["min"], inputs["max"])
        return str(number), {**inputs, "result": number}


class RandomPet:
    """``random:index/randomPet:RandomPet``."""

    arguments: Mapping[str, Argument] = {
        "keepers": Argument(dict),
        "length": Argument(int, default=2),
        "prefix": Argument(str),
        "separator": Argument(str, default="-"),
    }
    secret_outputs: frozenset[str] = frozenset()

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """A name of no words."""
        length = inputs.get("length", 2)
        if _known(length) and length < 1:
            return "length", f"length must be at least 1 word, got {length}."
        return None

    def planned(self, inputs: Properties) -> Properties:
        """The arguments: the name is the id alone."""
        return _with_defaults(self.arguments, inputs)

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """Adverbs, an adjective and an animal."""
        given = _with_defaults(self.arguments, inputs)
        length = given["length"]
        kinds = [ADVERBS] * (length - 2) + [ADJECTIVES] * (length > 1) + [ANIMALS]
        words = [secrets.choice(kind) for kind in kinds]
        prefix = given.get("prefix")
        return given["separator"].join([prefix, *words] if prefix else words), given


class RandomShuffle:
    """``random:index/randomShuffle:RandomShuffle``."""

    arguments: Mapping[str, Argument] = {
        "inputs": Argument(list, required=True),
        "keepers": Argument(dict),
        "resultCount": Argument(int),
        "seed": Argument(str),
    }
    secret_outputs: frozenset[str] = frozenset()

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """Nothing to refuse."""
        del inputs

    def planned(self, inputs: Properties) -> Properties:
        """The arguments; the order is unknown."""
        return {**inputs, "results": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """The texts in another order, over and over until there are as many as are wanted."""
        texts: list[str] = list(inputs["inputs"])
        count = inputs.get("resultCount", len(texts))
        source = _source(inputs.get("seed"))
        results: list[str] = []
        while texts and len(results) < count:
            results += source.sample(texts, len(texts))
        return "-", {**inputs, "results": results[:count]}


class RandomUuid:
    """``random:index/randomUuid:RandomUuid``."""

    arguments: Mapping[str, Argument] = {"keepers": Argument(dict)}
    secret_outputs: frozenset[str] = frozenset()

    def refused(self, inputs: Properties) -> tuple[str, str] | None:
        """Nothing to refuse."""
        del inputs

    def planned(self, inputs: Properties) -> Properties:
        """The arguments; the UUID is unknown."""
        return {**inputs, "result": UNKNOWN}

    def made(self, inputs: Properties) -> tuple[str, Properties]:
        """A UUID, which is the id too."""
        text = str(uuid.uuid4())
        return text, {**inputs, "result": text}


TYPES: Mapping[str, RandomType] = {
    "random:index/randomBytes:RandomBytes": RandomBytes(),
    "random:index/randomId:RandomId": RandomId(),
    "random:index/randomInteger:RandomInteger": RandomInteger(),
    "random:index/randomPassword:RandomPassword": RandomPassword(),
    "random:index/randomPet:RandomPet": RandomPet(),
    "random:index/randomShuffle:RandomShuffle": RandomShuffle(),
    "random:index/randomString:RandomString": RandomString(),
    "random:index/randomUuid:RandomUuid": RandomUuid(),
    "random:index/randomUuid4:RandomUuid4": RandomUuid(),
}


def _source(seed: str | None) -> random.Random:
    """Where numbers come from: with a seed always the same (not those of the real provider)."""
    return secrets.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311  # asked for


def _with_defaults(arguments: Mapping[str, Argument], inputs: Properties) -> Properties:
    defaults = {name: a.default for name, a in arguments.items() if a.default is not None}
    return {**defaults, **inputs}


def _known(*values: Any) -> bool:
    return UNKNOWN not in values
