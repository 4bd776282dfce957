"""The terminal of these tests itself."""

import pyte

from .terminal import lines_of


def test_a_frame_may_be_read_in_two_pieces() -> None:
    screen = pyte.Screen(4, 1)
    stream = pyte.ByteStream(screen)
    stream.feed("宽a".encode())
    assert lines_of(screen) == ["宽a "]
    stream.feed(b"\r9")  # the blank that goes with it is in the next piece
    assert lines_of(screen) == ["9a "]
    stream.feed(b" ")
    assert lines_of(screen) == ["9 a "]
