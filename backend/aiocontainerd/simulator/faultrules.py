"""Rules of faults: which calls they strike, and how a file tells them. Pure.

    {"rules": [
      {"method": "Tasks/Start", "action": "error", "code": "UNAVAILABLE", "nth": 2},
      {"method": "Images/(List|Get)", "action": "delay", "seconds": 1.5, "every": 3},
      {"method": "Containers/Delete", "action": "hang", "from": 10},
      {"method": "Events/Subscribe", "action": "cut", "after": 100},
      {"method": "Tasks/List", "action": "rubbish", "namespace": "k8s.io"}
    ]}

`method` is a regular expression for the end of a call's name. A rule counts the calls that it
matches; it strikes the `nth` of them, or every `every`-th of those from number `from` on (all by
default). Of a streamed answer `after` messages come through first. With a `namespace` it is about
calls in that one alone. Rubbish is an answer that is no message; a stream goes on behind it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import grpc

Action = Literal["delay", "hang", "cut", "error", "rubbish"]
_ACTIONS: tuple[str, ...] = get_args(Action)
_NUMBERS = ("nth", "from", "every", "after")
_TEXTS = ("method", "action", "code", "message", "namespace")
_LONGEST = 86_400  # s: whoever wants a call to wait for more says `hang`


class BadFaults(ValueError):
    """The rules cannot be understood; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to which calls; `seconds` belongs to delay, `code` and `message` to error.

    Raises BadFaults for what makes no sense.
    """

    method: str
    action: Action
    nth: int | None = None
    first: int = 1
    every: int = 1
    after: int = 0
    seconds: float = 0.0
    code: str = "UNKNOWN"
    message: str = "a fault on demand"
    namespace: str = ""
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.action not in _ACTIONS:
            raise BadFaults(f"action is '{self.action}', not one of {', '.join(_ACTIONS)}")
        if self.code not in grpc.StatusCode.__members__ or self.code == "OK":
            raise BadFaults(f"'{self.code}' is not the code of a gRPC error")
        nth = 1 if self.nth is None else self.nth
        if min(self.after, self.seconds) < 0 or min(nth, self.first, self.every) < 1:
            raise BadFaults("a number is too small")
        if not self.seconds <= _LONGEST:  # NaN, too
            raise BadFaults(f"'seconds' is not a number up to {_LONGEST:,}")
        try:
            pattern = re.compile(f"(?:{self.method})$")
        except (re.error, OverflowError, RecursionError) as error:
            raise BadFaults(f"method '{self.method}' is no regular expression: {error}") from error
        object.__setattr__(self, "pattern", pattern)

    def is_about(self, method: str, namespace: str) -> bool:
        """Whether it counts calls of this name in this namespace."""
        return self.namespace in ("", namespace) and bool(self.pattern.search(method))

    def strikes(self, number: int) -> bool:
        """Whether the call of this number (from 1) is struck. Pure."""
        if self.nth is not None:
            return number == self.nth
        return number >= self.first and (number - self.first) % self.every == 0


def parse(text: str | bytes) -> tuple[Rule, ...]:
    """The rules of a file's text. Raises BadFaults."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadFaults(f"this is not JSON: {error}") from error
    except RecursionError as error:
        raise BadFaults("this is not JSON: it is nested too deeply") from error
    rules = found.get("rules") if isinstance(found, dict) else None
    if not isinstance(rules, list) or set(found) != {"rules"}:
        raise BadFaults('this is not {"rules": […]}')
    return tuple(_rule(number, each) for number, each in enumerate(rules, 1))


def _rule(number: int, found: object) -> Rule:
    try:
        return _made(found)
    except BadFaults as error:
        raise BadFaults(f"rule {number}: {error}") from None


def _made(found: object) -> Rule:
    if not isinstance(found, dict):
        raise BadFaults("it is not an object")
    if missing := {"method", "action"} - set(found):
        raise BadFaults(f"'{min(missing)}' is missing")
    _check_kinds(found)
    return Rule(**{"first" if key == "from" else key: value for key, value in found.items()})


def _check_kinds(values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key in _NUMBERS:
            right = isinstance(value, int)
        elif key in _TEXTS:
            right = isinstance(value, str)
        elif key == "seconds":
            right = isinstance(value, int | float)
        else:
            raise BadFaults(f"'{key}' is not known")
        if isinstance(value, bool) or not right:
            raise BadFaults(f"'{key}' is of the wrong kind")
