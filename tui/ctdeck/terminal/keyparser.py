"""Textual's parser of what a terminal sends, with Esc and the key behind it as two keys.

Over a slow line both come in one piece, and so does alt with a key. Textual takes that for alt
where it is a letter, for a Mac's option key where it is a digit, and loses Esc where it is anything
else: Enter would then run the form that Esc was to close.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser

_ESC = "\x1b"
_BEGINS = "[]OPX^_\\"  # what goes on behind Esc and one of these is for Textual to tell
_OPTIONS = "0123456789-="


class KeyParser(XTermParser):
    """A letter stays alt and that letter: in a field people mean it so (see `keygate`)."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterator[events.Key]:
        key = sequence[1:]
        if len(key) == 1 and sequence[0] == _ESC and key not in _BEGINS and not _is_known(sequence):
            sequence, alt = key, key.isalpha()
            if not alt:
                yield events.Key("escape", _ESC)
        yield from super()._sequence_to_key_events(sequence, alt)


def _is_known(sequence: str) -> bool:
    return sequence in ANSI_SEQUENCES_KEYS and sequence[1] not in _OPTIONS
