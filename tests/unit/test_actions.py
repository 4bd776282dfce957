"""The one table of actions holds what KEYS.md promises, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

from textual.keys import Keys

from ctdeck.actions import ACTIONS, BY_ID, PANE_IDS
from ctdeck.command.words import WORDS
from ctdeck.panes import PANES
from ctdeck.verbs.typed import _ACTIONS as VERBS

PROMISED = {
    "p": "image.pull",
    "y": "raw",
    "r": "run",
    "s": "task.stop",
    "S": "task.start",
    "R": "task.restart",
    "K": "task.kill",
    "z": "task.pause",
    "e": "task.exec",
    "a": "task.attach",
    "E": "task.debug",
    "D": "delete",
    "delete": "delete",
    "n": "namespace",
    "colon": "command",
    "ctrl+p": "palette",
    "question_mark": "help",
    "plus": "zoom.in",
    "underscore": "zoom.out",
    "left_square_bracket": "tab.previous",
    "right_square_bracket": "tab.next",
    "c": "copy",
    "exclamation_mark": "equivalent",
    "x": "secrets",
    "L": "lock",
    "l": "logs",
    "slash": "filter",
    "o": "sort.reverse",
    "space": "mark",
    "ctrl+a": "mark.all",
    "ctrl+@": "mark.range",
    "shift+left": "sort.previous",
    "shift+right": "sort.next",
    "enter": "open",
    "escape": "back",
    "tab": "pane.next",
    "shift+tab": "pane.previous",
    "q": "quit",
    "ctrl+z": "suspend",
    "j": "move.down",
    "k": "move.up",
    "g": "move.first",
    "G": "move.last",
    "pageup": "move.page.up",
    "pagedown": "move.page.down",
    "ctrl+u": "move.half.up",
    "ctrl+d": "move.half.down",
    **{str(n): f"pane.{name}" for n, name in enumerate(PANE_IDS, 1)},
}


def test_the_promised_keys() -> None:
    keys = {key: action.id for action in ACTIONS for key in action.keys.split(",")}
    assert {key: keys.get(key) for key in PROMISED} == PROMISED


def test_no_key_and_no_id_twice() -> None:
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert len(BY_ID) == len(ACTIONS)
    words = [word for action in ACTIONS for word in action.words]
    assert len(words) == len(set(words))


def test_each_word_of_the_line_is_in_the_help() -> None:
    assert {word.name for word in WORDS} == {word for each in ACTIONS for word in each.words}


def test_what_a_word_does_is_recorded_as_the_action_of_that_word() -> None:
    assert {id for id in VERBS.values() if not BY_ID[id].words} == set()


def test_keys_are_names_that_textual_knows() -> None:
    named = {key.value for key in Keys} | {
        "slash", "colon", "question_mark", "plus", "minus", "equals_sign", "underscore",
        "left_square_bracket", "right_square_bracket", "exclamation_mark",
    }  # fmt: skip
    for action in ACTIONS:
        for key in action.keys.split(","):
            assert len(key) == 1 or key in named, key


def test_every_action_says_what_it_does() -> None:
    for action in ACTIONS:
        assert action.title
        assert action.title[0].islower()
        assert len(action.tooltip) > 6
        assert action.tooltip[0].isupper()
    shown = [action for action in ACTIONS if action.footer]
    clashes = {
        one.footer
        for one, other in combinations(shown, 2)
        if one.footer == other.footer
        and any(one.works_in(pane) and other.works_in(pane) for pane in PANE_IDS)
    }
    assert clashes <= {15}  # zoom in and out: only one of them is seen


def test_actions_know_the_panes() -> None:
    assert tuple(pane.id for pane in PANES) == PANE_IDS
    for action in ACTIONS:
        assert action.panes <= set(PANE_IDS)


def test_nothing_destructive_on_keys_that_others_use_to_move() -> None:
    for key in ("ctrl+h", "ctrl+j", "ctrl+k", "ctrl+l", "ctrl+d", "ctrl+u"):
        assert not [a for a in ACTIONS if key in a.keys.split(",") and a.changes]


def test_the_readme_names_all_that_a_key_can_be_given_to() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert not [action.id for action in ACTIONS if f"`{action.id}`" not in readme]


def test_the_first_frame_needs_no_grpc() -> None:
    code = "import sys, ctdeck.app; sys.exit('grpc' in sys.modules or 'aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
