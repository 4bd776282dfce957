"""What was opened and closed is gone from memory: ctdeck stays open for weeks."""

from __future__ import annotations

import gc
from collections import Counter

from textual._styles_cache import StylesCache
from textual.widget import Widget

from tests.tui.apps import running, until

ROUNDS = 2
OPENERS = ("colon", "slash", "question_mark", "ctrl+p")


async def test_lines_and_dialogs_that_were_closed() -> None:
    async with running() as (app, pilot):
        for key in OPENERS * ROUNDS:
            await pilot.press(key)
            await until(pilot, lambda: app.focused is not app.main.view.table)
            await pilot.press("escape")
            await until(pilot, lambda: app.focused is app.main.view.table)
        gc.collect()
        objects = gc.get_objects()
        widgets = [each for each in objects if isinstance(each, Widget)]
        gone = Counter(type(each).__name__ for each in widgets if not each.is_attached)
        # Who was closed last may be held for a moment.
        assert gone["HelpScreen"] + gone["PaletteScreen"] <= 1, gone
        assert gone["CommandInput"] <= 1, gone
        assert gone["Input"] <= 1, gone
        drawn = [each for each in objects if isinstance(each, StylesCache)]
        assert len(drawn) <= len(widgets)
