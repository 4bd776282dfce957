"""Which modes of a terminal are on, from all the bytes that were sent to it."""

import re

from .terminal import Terminal

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])[\d;]*u")
_AT_FIRST = {7, 25}  # wraps lines, shows its cursor


def left_on(raw: bytes) -> set[int]:
    """The private modes (DECSET) that are not as they were at first; -1 is kitty's keyboard."""
    on = set(_AT_FIRST)
    for numbers, how in _MODE.findall(raw):
        modes = {int(number) for number in numbers.split(b";")}
        on = on | modes if how == b"h" else on - modes
    depth = sum(1 if how == b">" else -1 for how in _KEYBOARD.findall(raw))
    return on ^ _AT_FIRST | ({-1} if depth else set())


def assert_restored(terminal: Terminal) -> None:
    """The terminal is as it was before; what it shows is the shell's again."""
    assert left_on(terminal.raw) == set()
    assert terminal.modes_now() == terminal.modes
