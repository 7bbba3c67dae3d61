"""Property paths, as Pulumi writes them: ``metadata.annotations["a.b/c"]``, ``ports[0].port``."""

import re

Token = str | int
"""A key of a map, or the index of a list."""

ANY = "*"
"""In a pattern: every key or index."""

_PART = re.compile(
    r"""\.?(?P<key>[^.\[\]"]+) | \["(?P<quoted>(?:[^"\\]|\\.)*)"\] | \[(?P<index>\d+|\*)\]""",
    re.VERBOSE,
)


def write(tokens: tuple[Token, ...]) -> str:
    """The text of a path."""
    text = ""
    for token in tokens:
        if isinstance(token, int):
            text += f"[{token}]"
        elif re.search(r'[."\[\]]', token):
            text += '["{}"]'.format(token.replace('"', '\\"'))
        else:
            text += f".{token}" if text else token
    return text


def parse(text: str) -> tuple[Token, ...]:
    """The tokens of a path. Raises ``ValueError`` when it is none."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a property path, from character {position + 1} on.")
        if match["index"] is not None:
            tokens.append(ANY if match["index"] == ANY else int(match["index"]))
        elif match["quoted"] is not None:
            tokens.append(match["quoted"].replace('\\"', '"'))
        else:
            tokens.append(match["key"])
        position = match.end()
    return tuple(tokens)


def covers(pattern: tuple[Token, ...], path: tuple[Token, ...]) -> bool:
    """Whether ``path`` is what ``pattern`` names, or lies within it."""
    return len(pattern) <= len(path) and all(
        part in (ANY, token) for part, token in zip(pattern, path, strict=False)
    )
