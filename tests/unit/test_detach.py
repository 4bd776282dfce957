"""The keys that leave a terminal: found wherever they are cut, and all else is handed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdeck.terminal.detach import DETACH_KEYS, DetachKeys, keys_of

KEYS = keys_of(DETACH_KEYS)
PIECES = st.lists(st.sampled_from([b"\x10", b"\x11", b"a", b"\x10\x11", b"\x1b[A", b"\xc3\xa9"]))


def test_as_they_are_written() -> None:
    assert keys_of("ctrl-p,ctrl-q") == b"\x10\x11"
    assert keys_of("ctrl-]") == b"\x1d"
    assert keys_of("ctrl-a, d") == b"\x01d"
    for wrong in ("", "ctrl-", "f1", "ctrl-p,", "é", "a,a,a,a,a,a,a,a,a"):
        with pytest.raises(ValueError, match="key"):
            keys_of(wrong)


@given(PIECES)
def test_what_is_typed_comes_through_up_to_the_keys(pieces: list[bytes]) -> None:
    typed = b"".join(pieces)
    keys, passed, left = DetachKeys(KEYS), b"", False
    for piece in pieces:
        more, left = keys.feed(piece)
        passed += more
        if left:
            break
    passed += b"" if left else keys.flush()
    before, found, _ = typed.partition(KEYS)
    assert left == bool(found)
    assert passed == before


def test_the_first_of_them_waits_for_the_next() -> None:
    keys = DetachKeys(KEYS)
    assert keys.feed(b"x\x10") == (b"x", False)
    assert keys.is_holding
    assert keys.flush() == b"\x10"
    assert not keys.is_holding
    assert keys.feed(b"\x11") == (b"\x11", False)
