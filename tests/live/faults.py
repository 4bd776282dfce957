"""What a fake registry can do wrong: the actions of its rules."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Reply:
    """Answer with this status and an error body as the OCI distribution specification has it.

    `body`, if given, is sent as it is. Example: `Reply(429, "TOOMANYREQUESTS", "slow down",
    {"Retry-After": "7"})`.
    """

    status: int
    code: str = "UNKNOWN"
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Redirect:
    """Send the client to the same path below `base`, such as another fake registry's `url`."""

    base: str
    status: int = 307


@dataclass(frozen=True)
class Truncate:
    """Announce the whole length, send `after` bytes, then close the connection."""

    after: int


@dataclass(frozen=True)
class Corrupt:
    """Flip one bit of the content, so that its digest is another."""


@dataclass(frozen=True)
class Hold:
    """Send `after` bytes, then nothing until `release()` is called or the client goes away.

    With `mute` not even the head of the answer is sent before. `reached` is set once a client
    waits: `hold.reached.wait(10)`.
    """

    after: int = 0
    mute: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let all waiting and later clients go on."""
        self.released.set()


@dataclass(frozen=True)
class Ranges:
    """Answer requests for a part of a blob in one of the ways that registries and proxies have.

    whole: 200 and all of it; refused: 416; zero: 206 from the first byte on; other: 206 from
    one byte too late; silent: 206 without a word which part; wrong: 206 as asked for, but with
    the bytes from the beginning.
    """

    way: Literal["whole", "refused", "zero", "other", "silent", "wrong"]


Action = Reply | Redirect | Truncate | Corrupt | Hold | Ranges


@dataclass
class Rule:
    """An action for requests whose path matches; `times` counts down, None is for ever."""

    path: str
    action: Action
    method: str = ""
    times: int | None = None


@dataclass(frozen=True)
class Recorded:
    """A request that the fake registry saw."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def authorization(self) -> str:
        """The Authorization header, or "" without one."""
        return self.headers.get("Authorization", "")
