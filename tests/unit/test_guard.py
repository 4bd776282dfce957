"""The second guard costs little where all is well, and lets nothing through."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from ctdeck.terminal import guard


def test_names_that_are_not_ascii_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = guard.harmless

    def harmless(text: str) -> str:
        looked.append(text)
        return real(text)

    monkeypatch.setattr(guard, "harmless", harmless)
    names = [f"容器-{number}-größe" for number in range(50)]
    for _ in range(20):
        strips: list[list[Iterable[Segment]]] = [
            [Strip([Segment(name), Segment("ascii")])] for name in names
        ]
        guard.guard(LayoutUpdate(strips, Region(0, 0, 80, 50)))
    assert sorted(looked) == sorted(names)


def test_what_is_obeyed_is_never_taken_for_known() -> None:
    for _ in range(2):
        update = LayoutUpdate([[Strip([Segment("größe\x1b[2J")])]], Region(0, 0, 80, 1))
        guard.guard(update)
        (text,) = [segment.text for strip in update.strips[0] for segment in strip]
        assert text.startswith("größe␛[2")
