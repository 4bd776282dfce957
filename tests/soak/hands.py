"""Somebody at the keyboard who presses everything but the keys that leave."""

import random
from dataclasses import dataclass, field

from tests.terminal.terminal import Terminal

ESCAPE = "\x1b"
MOVES = ("j", "k", "g", "G", "\x04", "\x15", "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "\t")
PANES = ("1", "2", "2", "2", "3", "4", "5", "+", "_", "[", "]", "o", "\x1b[1;2C", "\x1b[1;2D")
OPENERS = ("\r", "?", "n", "/", ":", "\x10", "!", "c", "y", " ", "\x0c")
VERBS = ("s", "S", "R", "K", "z", "D", "r", "p")
ANSWERS = ("y", "n", "\r", ESCAPE, ESCAPE)
TALL = (90, 200)  # all of its lists whole
SIZES = ((24, 80), (50, 200), (30, 110), (10, 40), (1, 1))


@dataclass
class Hands:
    """Presses one key, or types one line; `pressed` counts both."""

    terminal: Terminal
    dice: random.Random
    image: str
    remote: str
    pressed: int = 0
    _runs: int = 0
    _kinds: dict[str, int] = field(default_factory=dict)

    def press(self) -> None:
        """One thing that a user may do at any moment."""
        act = self.dice.choices(
            (self._key, self._answer, self._line, self._filter, self._resize),
            weights=(60, 20, 8, 4, 1),
        )[0]
        act()
        self.pressed += 1

    def back_to_the_list(self) -> None:
        """Out of whatever is open, with all namespaces shown in the list of containers."""
        for _ in range(6):
            self.terminal.type(ESCAPE)
            self.terminal.read_for(0.3)  # Esc and a key in one read are alt and the key
        self.terminal.resize(*TALL)
        self._type(":ns all")
        self.terminal.type("2")

    def _key(self) -> None:
        keys = self.dice.choices((MOVES, PANES, OPENERS, VERBS), weights=(5, 3, 2, 3))[0]
        self.terminal.type(self.dice.choice(keys))

    def _answer(self) -> None:
        self.terminal.type(self.dice.choice(ANSWERS))

    def _line(self) -> None:
        self._runs += 1
        name, some = f"in{self._runs:04}", f"in{self.dice.randint(1, self._runs):04}"
        self._type(
            self.dice.choice(
                (
                    f":run -d --name {name} {self.image} sleep 1000",
                    f":run -d --rm --name {name} {self.image} sleep 2",
                    f":run --name {name} {self.image} no-such-program",
                    f":stop -f {some}",
                    f":kill -s KILL -f {some}",
                    f":rm -f {some}",
                    f":pull {self.remote}",
                    f":rmi -f {self.remote}",
                    ":ns all",
                    ":ns second",
                )
            )
        )

    def _filter(self) -> None:
        self.terminal.type("/")
        self._type(self.dice.choice(("in", "!out", "~0+1", "-f oo")))

    def _resize(self) -> None:
        self.terminal.resize(*self.dice.choice(SIZES))

    def _type(self, line: str) -> None:
        self.terminal.type(line + "\r")
