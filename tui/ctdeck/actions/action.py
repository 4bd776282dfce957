"""What an action is, and how its keys are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ctdeck.desk import Desk
from ctdeck.keynames import key_word

EVERYWHERE: frozenset[str] = frozenset()
IMAGES = frozenset({"images"})
DISK = frozenset({"disk"})
PROCESSES = frozenset({"containers", "tasks"})
KeyMap = Mapping[str, str]  # other keys than its own, by the id of an action
PANE_IDS = ("images", "containers", "tasks", "mounts", "events", "disk")


class Action(NamedTuple):
    """One thing that can be done.

    `keys` are Textual's names, with commas between. `panes` are those on whose rows it
    works, empty for everywhere. `changes` is true if it changes what the daemon holds: such
    an action is refused in read-only mode. `words` are its words on the `:` line. `footer`
    orders the bottom line, 0 for not there. `group` is its heading in the help. `many` is true if
    it takes all the marked rows.
    """

    id: str
    keys: str
    title: str
    tooltip: str
    run: Callable[[Desk], None]
    panes: frozenset[str] = EVERYWHERE
    changes: bool = False
    words: tuple[str, ...] = ()
    footer: int = 0
    group: str = "Everywhere"
    many: bool = False

    def works_in(self, pane: str) -> bool:
        """Whether it is for the rows of this pane."""
        return not self.panes or pane in self.panes

    def shown_keys(self, keymap: KeyMap) -> list[str]:
        """The keys as people write them: ``j``, ``↓``, ``ctrl+d``; `keymap` has others by id."""
        keys = keymap.get(self.id, self.keys).split(",")
        return [key_word(key) for key in keys if key and key not in UNSHIFTED]


UNSHIFTED = frozenset({"minus", "equals_sign"})  # the same keys as _ and +, with no shift
