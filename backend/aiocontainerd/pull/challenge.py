"""The WWW-Authenticate header: what a registry wants to see before it answers. RFC 9110, 11.6.1."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_LIMIT = 8192  # characters of all lines together
_MOST = 8  # challenges
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_SCHEME = re.compile(rf"[\s,]*+({_TOKEN})(?=\s|$|,)")
_PARAMETER = re.compile(rf"[\s,]*+({_TOKEN})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|({_TOKEN}|[^\s,\"]+))")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in; `scheme` is in lower case, so are the parameters' names."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)


def parse(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of these header lines, in their order; what cannot be read ends a line."""
    found: list[Challenge] = []
    left = _LIMIT
    for header in headers:
        text, position = header[:left], 0
        left -= len(text)
        while len(found) < _MOST and (scheme := _SCHEME.match(text, position)):
            position = scheme.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(text, position):
                position = parameter.end()
                name, quoted, bare = parameter.groups()
                value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(name.lower(), value)
            found.append(Challenge(scheme[1].lower(), parameters))
    return found
