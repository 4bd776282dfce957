"""Every screen test sees the same terminal."""

from __future__ import annotations

import pytest

from ctdeck.widgets.table import Table, utcnow


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr(Table, "now", staticmethod(utcnow))
