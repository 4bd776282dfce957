"""How keys are written in the configuration and in texts, and what Textual calls them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

KEY_NAMES = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "plus": "+",
    "underscore": "_",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "exclamation_mark": "!",
    "ampersand": "&",
    "dollar_sign": "$",
    "circumflex_accent": "^",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "left": "←",
    "right": "→",
    "shift+left": "shift+←",
    "shift+right": "shift+→",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "shift+Tab",
    "delete": "Delete",
    "ctrl+@": "ctrl+space",
    "space": "space",
}
UNBOUND = "ctdeck-unbound"  # no terminal sends it; Textual takes "" for a key's own
_WORDS = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}
_PLACES = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
_FUNCTIONS = tuple(f"f{number}" for number in range(1, 25))
_PLAIN = frozenset((*_PLACES, *_FUNCTIONS, "enter", "escape", "tab", "space", "backspace"))
_SHIFTED = frozenset((*_PLACES, *_FUNCTIONS, "tab"))
_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}
_CONTROLS = {"@", "[", "\\", "]", "^", "_"}
_RENAMED = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at"}
_RENAMED |= {"hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore"}


class BadKey(ValueError):
    """This names no key; `remedy` tells what to write."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def key_name(text: str) -> str:
    """Textual's name of a key: `/` is `slash`, `PgDn` is `pagedown`, `ctrl+S` is `ctrl+s`.

    Raises BadKey for what is none, and for what no terminal tells apart.
    """
    if len(text) == 1:
        return _of_character(text)
    *held, last = text[:-1].split("+") if text.endswith("++") else text.split("+")
    last = "+" if text.endswith("++") else last
    modifiers = {each.lower() for each in held}
    name = _WORDS.get(last.lower(), last.lower())
    if (
        not modifiers
        and last not in _PLAIN
        and (name := _long(name)) in _PLAIN | _characters().keys()
    ):
        return name
    if "alt" in modifiers:
        raise BadKey("no key with alt reaches ctdeck", "Esc and a letter would be the same")
    if modifiers - {"ctrl", "shift"} or len(modifiers) != len(held):
        raise _unknown(text)
    if not modifiers:
        if name in _PLAIN:
            return name
        raise _unknown(text)
    return _held(text, modifiers, last, name)


def _held(text: str, modifiers: set[str], last: str, name: str) -> str:
    if name in _SHIFTED:
        return "+".join((*sorted(modifiers), name))
    if "shift" in modifiers:
        raise BadKey("a shifted letter is its capital", f"Write {last.upper()!r} without shift")
    if name == "space":
        return "ctrl+@"
    if len(last) == 1 and last.isascii() and (last in _CONTROLS or last.isalpha()):
        full = f"ctrl+{last if last == '@' else _of_character(last.lower())}"
        if same := _SAME.get(full):
            raise BadKey(f"a terminal sends the same for it as for {same}", f"Write {same!r}")
        if full == "ctrl+c":
            raise BadKey("ctrl+c always leaves ctdeck", "Choose another key")
        return full
    raise _unknown(text)


def _of_character(text: str) -> str:
    if text == " ":
        return "space"
    if text.isalnum():
        return text
    name = unicodedata.name(text, "").lower().replace("-", "_").replace(" ", "_")
    if not text.isprintable() or not name:
        raise BadKey("this is not a key", "Write a sign, or a name as in ctrl+s, f5, pageup")
    return _long(name)


@cache
def _characters() -> dict[str, str]:
    """The signs of a keyboard by their names."""
    signs = (chr(code) for code in range(0x21, 0x7F))
    return {name: sign for sign in signs if len(name := _of_character(sign)) > 1}


def sign_of(name: str) -> str:
    """``\\`` for `backslash`; empty for what is not called by its sign."""
    return _characters().get(name, "")


def _long(name: str) -> str:
    return _RENAMED.get(name, name)


def _unknown(text: str) -> BadKey:
    from difflib import get_close_matches  # not before the first frame

    known = sorted(_PLAIN | _characters().keys())
    near = get_close_matches(text.lower(), known, n=1)
    what = (
        f"Did you mean {near[0]}?" if near else "Write a sign, or a name as in ctrl+s, f5, pageup"
    )
    return BadKey("there is no such key", what)


def key_word(key: str) -> str:
    """A key of Textual's as people write it."""
    if key in KEY_NAMES or len(key) == 1:
        return KEY_NAMES.get(key, key)
    *held, last = key.split("+")
    last = KEY_NAMES.get(last) or sign_of(last) or last
    return "+".join((*held, last))


def all_keys(keymap: Mapping[str, str], id: str, own: str) -> str:
    """All keys of what is bound by this id, with blanks between."""
    keys = keymap.get(id, own).split(",")
    return " ".join(key_word(key) for key in keys if key not in ("", UNBOUND))


def first_key(keymap: Mapping[str, str], id: str, own: str) -> str:
    """The first key of what is bound by this id, as people write it; empty where it has none."""
    key = keymap.get(id, own).split(",")[0]
    return "" if key in ("", UNBOUND) else key_word(key)
