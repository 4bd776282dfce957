"""The picture as wanted and as sent, and the text that makes the one out of the other; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdeck.terminal.differ import Abilities, Hand, Position, difference
from ctdeck.terminal.pen import change
from ctdeck.terminal.picture import Picture
from ctdeck.terminal.scrolling import Block, moved_block, scroll
from ctdeck.terminal.updates import Update, draw, size_of

if TYPE_CHECKING:
    from rich.color import ColorSystem

Tried = tuple[str, Picture, Hand]


class Frames:
    """Takes Textual's updates; any number of them become one text."""

    def __init__(self, abilities: Abilities) -> None:
        self._able = abilities
        self._wanted = Picture(0, 0)
        self._sent = Picture(0, 0)
        self._touched: set[int] = set()  # lines that may differ
        self._hand = Hand()
        self._next = 0  # the line with which the next part begins

    def take(self, update: Update, system: ColorSystem) -> None:
        """This is what is to be seen from now on."""
        size = size_of(update)
        if (self._wanted.width, self._wanted.height) != size:
            self._wanted, self._sent = Picture(*size), Picture(*size)
            self._hand = Hand()
        self._touched.update(draw(update, self._wanted, system))

    def go_on(self, sent: Picture, hand: Hand) -> None:
        """The terminal shows this already, and its cursor and pen are these."""
        self._wanted, self._sent = Picture(sent.width, sent.height), sent
        self._hand = hand

    @property
    def is_due(self) -> bool:
        """Something of the newest picture may not have been sent yet."""
        return bool(self._touched)

    def forget(self) -> None:
        """The terminal shows something else than what was sent: all of it is sent again."""
        self._sent.forget()
        self._hand = Hand()
        self._touched.update(range(self._wanted.height))

    def put_down(self) -> str:
        """What takes the pen's colours off."""
        return change(self._hand.pen or "", "")

    def text(self, cursor: Position, share: int | None = None) -> str:
        """What makes the terminal show the newest picture, with its cursor there.

        Counts as sent. Empty if it shows that already. With a `share` it is some lines only where
        all of them take more bytes: what is asked for next is made of the picture as it is then.
        """
        lines = [y for y in sorted(self._touched) if y < self._wanted.height]
        block = moved_block(self._sent, self._wanted, lines) if self._able.scrolls else None
        if block is None and share is None:
            self._touched.clear()
            return self._write(lines, cursor, self._sent, self._hand)
        whole = [self._tried(lines, cursor, way) for way in {None, block}]
        text, sent, hand = min(whole, key=lambda way: len(way[0]))
        if share is not None and len(text) > share:
            return self._part(lines, cursor, share)
        self._touched.clear()
        self._sent, self._hand = sent, hand
        return text

    def _tried(self, lines: list[int], cursor: Position, block: Block | None) -> Tried:
        """What it would be, with this block moved by the terminal."""
        sent, hand = self._sent.copy(), Hand(self._hand.at, self._hand.pen)
        if block is not None:
            scroll(block, sent, hand)
            lines = sorted({*lines, *range(block.top, block.bottom)})
        return self._write(lines, cursor, sent, hand), sent, hand

    def _part(self, lines: list[int], cursor: Position, share: int) -> str:
        """Lines in turn, so that those which change all the time do not keep out the others."""
        text = ""
        for y in sorted(lines, key=lambda y: (y < self._next, y)):
            self._touched.discard(y)
            text += self._write([y], None, self._sent, self._hand)
            self._next = y + 1
            if len(text) >= share:
                break
        return text + self._write([], cursor, self._sent, self._hand)

    def _write(self, lines: list[int], cursor: Position | None, sent: Picture, hand: Hand) -> str:
        difference(sent, self._wanted, lines, hand, self._able)
        if cursor is not None and hand.at != cursor:
            hand.move(*cursor)
        text = "".join(hand.out)
        hand.out.clear()
        return text
