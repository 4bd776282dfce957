"""What the first frame shall not wait for."""

import subprocess
import sys

import pytest
from textual.css.stylesheet import Stylesheet

from tests.tui.apps import running, screen_text

HEAVY = ("grpc", "google.protobuf", "aiohttp", "humanize", "aiocontainerd.client")


async def test_style_sheets_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def reparse(_: Stylesheet) -> None:
        raise AssertionError("a theme or a screen's sheet came late")

    monkeypatch.setattr(Stylesheet, "reparse", reparse)
    async with running(size=(120, 35)) as (app, _):
        assert app.theme.startswith("ctdeck")
        assert "Containers" in screen_text(app)
        assert app.screen_stack == [app.main]


def test_the_app_is_imported_without_what_only_the_connection_needs() -> None:
    code = f"import sys, ctdeck.app; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
