"""What a terminal sends in one piece, as keys."""

from __future__ import annotations

import pytest
from textual import events

from ctdeck.terminal.keyparser import KeyParser


def keys(*texts: str) -> list[str]:
    parser = KeyParser()
    told = [message for text in (*texts, "") for message in parser.feed(text)]
    return [message.key for message in told if isinstance(message, events.Key)]


@pytest.mark.parametrize(
    ("text", "keys_of_it"),
    [
        ("\x1b3", ["escape", "3"]),
        ("\x1b/web\r", ["escape", "slash", "w", "e", "b", "enter"]),
        ("\x1b:pull quay.io/prometheus/node-exporter:latest\r", None),  # longer than any sequence
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1bx", ["alt+x"]),
        ("\x1b[A\x1bOP\x1b[15~", ["up", "f1", "f5"]),
        ("£", ["pound_sign"]),
    ],
)
def test_esc_and_what_comes_behind_it(text: str, keys_of_it: list[str] | None) -> None:
    assert keys(text) == (keys_of_it or ["escape", *keys(text[1:])])


@pytest.mark.parametrize(
    "answer",
    [
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
        "\x1b]10;rgb:dede/dede/dede\x07",
        "\x1b[?62;22c",
        "\x1b[>1;4402;0c",
        "\x1b[0n",
        "\x1bP1$r0 q\x1b\\",
        "\x1bP>|XTerm(388)\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
    ],
)
def test_an_answer_to_somebody_else_is_no_key(answer: str) -> None:
    assert keys(answer) == []
    assert keys(f"j{answer}k") == ["j", "k"]
    assert keys(answer, "j") == ["j"]


def test_our_own_answers_are_heard() -> None:
    parser = KeyParser()
    [cursor] = parser.feed("\x1b[5;7R")
    assert isinstance(cursor, events.CursorPosition)
    [mode] = parser.feed("\x1b[?2026;2$y")
    assert type(mode).__name__ == "TerminalSupportsSynchronizedOutput"
