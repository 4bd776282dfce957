"""The keys that leave a terminal in a container, such as ctrl-p ctrl-q; pure."""

from __future__ import annotations

import re

DETACH_KEYS = "ctrl-p,ctrl-q"
HOLD = 0.4  # s that a key which may be the first of them waits for the next one
_CTRL = re.compile(r"ctrl[-+]([a-z@\[\\\]^_])", re.IGNORECASE)
_MOST = 8


def keys_of(text: str) -> bytes:
    """The bytes of ``ctrl-p,ctrl-q`` or ``ctrl-]``; raises ValueError with what is wrong."""
    found = bytearray()
    for name in text.split(","):
        name = name.strip()
        if match := _CTRL.fullmatch(name):
            found.append(ord(match[1].upper()) & 0x1F)
        elif len(name) == 1 and name.isascii() and name.isprintable():
            found += name.encode()
        else:
            raise ValueError(f"'{name[:20]}' is no key: write them as in {DETACH_KEYS}")
    if len(found) > _MOST:
        raise ValueError(f"these are more than {_MOST} keys")
    return bytes(found)


class DetachKeys:
    """Finds the keys in what is typed, and lets all else through.

    A beginning of them is held back until the next key, or until `flush`: else the first of them
    would reach the program each time, as "previous command" in a shell.
    """

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._held = b""

    @property
    def is_holding(self) -> bool:
        """Something waits for the next key."""
        return bool(self._held)

    def feed(self, typed: bytes) -> tuple[bytes, bool]:
        """What is to be handed on, and whether the keys were pressed: what follows is dropped."""
        data, self._held = self._held + typed, b""
        if not self._keys:
            return data, False
        at = data.find(self._keys)
        if at >= 0:
            return data[:at], True
        for length in range(min(len(self._keys) - 1, len(data)), 0, -1):
            if data.endswith(self._keys[:length]):
                self._held = data[-length:]
                return data[:-length], False
        return data, False

    def flush(self) -> bytes:
        """No other key came: what was held is handed on."""
        held, self._held = self._held, b""
        return held
