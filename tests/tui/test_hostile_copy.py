"""What is copied is pasted into a shell one day: it holds nothing that one obeys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ctdeck import clipboard
from tests import hostile
from tests.tui.apps import running

TEXTS = {**hostile.TEXTS, **hostile.SURROGATES}


async def test_signs_are_copied_in_place_of_what_is_obeyed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with running() as (app, _):
        for text in TEXTS.values():
            await clipboard.copy(app, text)
            assert hostile.obeyed(app.clipboard) <= {"\n"}


async def test_tmux_takes_lone_surrogates_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(f"#!/bin/sh\ncat >{tmp_path}/copied\n")
    tmux.chmod(0o755)
    monkeypatch.setenv("TMUX", "x")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    async with running() as (app, _):
        assert "tmux" in await clipboard.copy(app, hostile.SURROGATES["lone"])
    assert (tmp_path / "copied").read_text() == "a\ufffdb\ufffdc"
