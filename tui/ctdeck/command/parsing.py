"""A line of the user's, read by the table of words: a pure parser to `Command`s.

Ids and references stay text here; `targets.py` looks them up in the newest snapshot when the
command is carried out.
"""

import re
from dataclasses import replace
from difflib import get_close_matches

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe
from ctdeck.command.flags import collect
from ctdeck.command.requests import Command
from ctdeck.command.run_flags import RUN_ADVICE
from ctdeck.command.shellwords import Word, split
from ctdeck.command.words import BY_NAME, TWO_WORDS, WORDS, CommandWord

_NUMBER = re.compile(r"-(\d{1,2})")


def parse(line: str) -> Command:
    """Read one line, with or without its ':'. Raises only InvalidArgument."""
    words = split(line.lstrip(" \t:"))
    if not words:
        raise InvalidArgument("nothing was typed", remedy="Press Tab for the words.")
    words = _one_word(words)
    word = command_word(words[0].text)
    return word.build(
        collect(word.walk(words[1:]), word.flags, RUN_ADVICE if word.name == "run" else {})
    )


def _one_word(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`images rm X` as ctr has it, as `rmi X`; `kill -9 X` as `kill -s 9 X`."""
    first = words[0].text
    known = TWO_WORDS.get(first.removesuffix("s") + "s", {}) if len(words) > 1 else {}
    if meant := known.get(words[1].text if known else ""):
        return (replace(words[0], text=meant), *words[2:])
    if first == "kill":
        return tuple(
            replace(word, text=f"-s{found[1]}") if (found := _NUMBER.fullmatch(word.text)) else word
            for word in words
        )
    return words


def command_word(name: str) -> CommandWord:
    """The entry of `WORDS` of that name; raises InvalidArgument with the nearest ones."""
    if name in BY_NAME:
        return BY_NAME[name]
    near = get_close_matches(name, BY_NAME, n=2, cutoff=0.5)
    known = ", ".join(word.name for word in WORDS)
    raise InvalidArgument(
        "there is no such command",
        subject=f":{safe(name[:40])}",
        remedy=f"Did you mean {' or '.join(near)}?" if near else f"There are {known}.",
    )
