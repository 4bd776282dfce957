"""Textual's parser of what a terminal sends, for lines on which that comes late.

Esc and the key behind it come in one piece, and so does alt with a key. Textual takes that for alt
where it is a letter, for a Mac's option key where it is a digit, and loses Esc where it is anything
else: Enter would then run the form that Esc was to close.

An answer to somebody else comes when that one has gone: vim in a container asks which colours there
are. Textual takes it for keys, and `r` and `e` among them would do something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message

_ESC = "\x1b"
_BEGINS = "[]OPX^_\\"  # what goes on behind Esc and one of these is for Textual to tell
_OPTIONS = "0123456789-="
# What it is, how it is, and any string: colours, settings, a version.
_ANSWERS = re.compile(
    r"\x1b\[[?>=][\d;:]*c|\x1b\[\??[\d;]*n|\x1b[]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"
)


class KeyParser(XTermParser):
    """A letter stays alt and that letter: in a field people mean it so (see `keygate`)."""

    def feed(self, data: str) -> Iterable[Message]:
        """As Textual's: "" is the end. Answers to others are dropped."""
        kept = _ANSWERS.sub("", data)
        return super().feed(kept) if kept or not data else ()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterator[events.Key]:
        key = sequence[1:]
        if len(key) == 1 and sequence[0] == _ESC and key not in _BEGINS and not _is_known(sequence):
            sequence, alt = key, key.isalpha()
            if not alt:
                yield events.Key("escape", _ESC)
        yield from super()._sequence_to_key_events(sequence, alt)


def _is_known(sequence: str) -> bool:
    return sequence in ANSI_SEQUENCES_KEYS and sequence[1] not in _OPTIONS
