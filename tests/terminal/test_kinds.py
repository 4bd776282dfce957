"""Kinds of terminals, locales and sizes, and no terminal at all."""

import re
from pathlib import Path

import pytest

from .conftest import COMMAND
from .modes import assert_restored
from .patched import patched
from .terminal import Terminal

_SGR = re.compile(rb"\x1b\[([\d;]*)m")
TRUE = {"COLORTERM": "truecolor"}
# TERM (None: not set) and more; the colours that may be used.
KINDS = [
    ("linux", TRUE, 16),
    ("vt100", TRUE, 0),
    ("screen", TRUE, 16),
    ("screen-256color", TRUE, 256),
    ("tmux-256color", {}, 256),
    ("tmux-256color", TRUE, 1 << 24),
    ("xterm", {}, 16),
    ("xterm-256color", {}, 256),
    ("xterm-256color", TRUE, 1 << 24),
    ("xterm-256color", {"NO_COLOR": "1", **TRUE}, 0),
    ("xterm-256color", {"NO_COLOR": "", **TRUE}, 1 << 24),
    ("unknown", {}, 0),
    ("of-a-name-nobody-knows", {}, 16),
    ("", {}, 0),
]


def colours_used(raw: bytes) -> int:
    """How many colours a terminal must have for this."""
    most = 0
    for found in _SGR.findall(raw):
        codes = found.decode().split(";")
        for place, code in enumerate(codes):
            if code in ("38", "48"):
                most = max(most, 256 if codes[place + 1] == "5" else 1 << 24)
                break
            if re.fullmatch(r"[34][0-79]|9[0-7]|10[0-7]", code) and code not in ("39", "49"):
                most = max(most, 16)
    return most


@pytest.mark.parametrize(("term", "more", "most"), KINDS, ids=str)
def test_colours_fit_the_terminal(
    term: str, more: dict[str, str], most: int, plain: dict[str, str]
) -> None:
    with Terminal([COMMAND, "--demo"], {**plain, **more, "TERM": term}) as terminal:
        terminal.wait_for("web1")
        terminal.type("j?")
        terminal.wait_for("Esc closes")
        terminal.type("\x1b")
        terminal.wait_until(lambda: "Esc closes" not in terminal.text, "it closes")
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert colours_used(terminal.raw) == most
        if not most:  # the cursor is seen all the same
            assert re.search(rb"\x1b\[(\d+;)*7(;\d+)*m", terminal.raw)
        assert_restored(terminal)


def test_a_dumb_terminal_is_refused(plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], {**plain, "TERM": "dumb"}) as terminal:
        assert terminal.wait_end() == 2
        assert b"\x1b" not in terminal.raw
        assert terminal.raw.count(b"\n") == 1
        assert b"TERM=dumb" in terminal.raw


# A character for which there is no sign in ASCII ends it.
STRICT = """
import codecs
from ctdeck.terminal import encoding
really_replace = codecs.lookup_error(encoding.REPLACED)
def replace(error):
    if missing := set(error.object[error.start:error.end]) - set(encoding.STANDS_FOR):
        raise SystemError(str(missing))
    return really_replace(error)
codecs.register_error(encoding.REPLACED, replace)
def prepare(app): pass
"""
# The help, the command line, the palette, a filter, a question, the forms, the panes.
SCREENS = ("?", ":", "\x10", "/web", "D", "p", "r", "1", "3", "4", "5", "+")


@pytest.mark.parametrize(
    "names", [{"LANG": "C"}, {"LANG": "", "LC_ALL": "POSIX"}, {"TERM": "linux"}], ids=str
)
def test_in_the_c_locale_all_is_ascii(names: dict[str, str], plain: dict[str, str]) -> None:
    with patched(STRICT, {**plain, **names}) as terminal:
        terminal.wait_for("web1")
        for keys in SCREENS:
            terminal.type(keys)
            terminal.read_for(0.25)
            terminal.type("\x1b")
            terminal.read_for(0.15)
        assert not terminal.has_ended(), terminal.text
        assert terminal.raw.isascii()


SIZES = ((0, 0), (10, 40), (1, 1), (5, 20), (50, 200), (1000, 5), (3, 400), (30, 110))


@pytest.mark.parametrize("start", [(0, 0), (1, 1), (10, 40), (30, 110)])
def test_sizes(start: tuple[int, int], plain: dict[str, str]) -> None:
    with Terminal([COMMAND, "--demo"], plain, *start) as terminal:
        terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw, "the screen is taken")
        for rows, columns in SIZES:
            terminal.resize(rows, columns)
            terminal.read_for(0.02)
        terminal.wait_for("web1")
        terminal.resize(10, 40)
        terminal.wait_until(lambda: "debug" in terminal.text, "it shows rows on 40x10")
        assert "too small" not in terminal.text.lower()
        terminal.type("q")
        assert terminal.wait_end() == 0
        assert_restored(terminal)


@pytest.mark.parametrize("later", [False, True])
def test_a_size_that_cannot_be(plain: dict[str, str], later: bool) -> None:
    with Terminal([COMMAND, "--demo"], plain) as terminal:
        if later:
            terminal.wait_for("q quit")
        # pyte need not draw it.
        terminal.resize_unseen(5000, 5000)
        sent = len(terminal.raw)
        terminal.wait_until(lambda: len(terminal.raw) > sent + 10_000, "it draws on it")
        terminal.read_for(1.0)
        status = Path(f"/proc/{terminal.pid}/status").read_text().splitlines()
        peak = next(line for line in status if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 700_000  # kB
        terminal.resize(30, 110)
        terminal.type("q")
        assert terminal.wait_end() == 0


WITHOUT = {
    "no input": f"{COMMAND} --demo </dev/null",
    "no output": f"{COMMAND} --demo >/dev/null",
    "closed input": f"{COMMAND} --demo <&-",
    "closed output": f"{COMMAND} --demo >&-",
    "all closed": f"{COMMAND} --demo <&- >&- 2>&-",
    "input and output closed": f"{COMMAND} --demo <&- >&-",
    "another session": f"setsid --wait {COMMAND} --demo",
}


@pytest.mark.parametrize("how", WITHOUT)
def test_without_a_terminal(how: str, plain: dict[str, str]) -> None:
    with Terminal(["/bin/sh", "-c", f"{WITHOUT[how]}; exit $?"], plain) as terminal:
        assert terminal.wait_end(timeout=10) == 2
        assert b"\x1b" not in terminal.raw
        assert terminal.raw.count(b"\n") == (0 if how == "all closed" else 1)
        assert b"Traceback" not in terminal.raw


def test_stderr_may_be_closed(plain: dict[str, str]) -> None:
    with Terminal(["/bin/sh", "-c", f"exec {COMMAND} --demo 2>&-"], plain) as terminal:
        terminal.wait_for("web1")
        terminal.type("q")
        assert terminal.wait_end() == 0
