"""What is drawn before Textual is there is what Textual draws then, cell by cell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.strip import Strip

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.firstpicture.drawing import draw
from ctdeck.firstpicture.inks import inks_for
from ctdeck.remembered import Remembered, Sort
from ctdeck.screens.layout import has_room
from ctdeck.settings import Session, Settings
from ctdeck.terminal.kind import Colours, colours_for
from ctdeck.terminal.picture import Picture
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import NOW, container, image, world

Cell = tuple[str | None, str]

SYSTEMS = {
    Colours.NONE: ColorSystem.STANDARD,
    Colours.SIXTEEN: ColorSystem.STANDARD,
    Colours.PALETTE: ColorSystem.EIGHT_BIT,
    Colours.TRUE: ColorSystem.TRUECOLOR,
}
LOOKS = {
    "true": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "palette": {"TERM": "xterm-256color"},
    "sixteen": {"TERM": "xterm"},
    "none": {"TERM": "xterm-256color", "NO_COLOR": "1"},
}
SIZES = ((80, 24), (200, 50), (120, 35), (101, 30), (99, 60), (163, 41), (40, 10), (20, 5))


def crowd() -> Snapshot:
    """More rows than lines, and names in many scripts."""
    made = world()
    names = ("漢字-web", "e\u0301clair", "контейнер", "\U0001f680-rocket", "a" * 70)
    more = [container(f"{name}-{number}") for number in range(30) for name in names]
    images = [image(f"docker.io/library/app{number:04}:1") for number in range(60)]
    return replace(
        made,
        containers=made.containers | {each.key: each for each in more},
        images=made.images | {each.key: each for each in images},
    )


def half_read() -> Snapshot:
    """The first containers are there, the rest is still being read."""
    made = world()
    return replace(
        made,
        phase=Phase.CONNECTING,
        loaded=False,
        reading=frozenset({"containers"}),
        images={},
        tasks={},
    )


WORLDS = {"small": world, "crowd": crowd, "half": half_read, "empty": Snapshot}


def picture_of(app: CtdeckApp, system: ColorSystem) -> Picture:
    """What Textual draws."""
    width, height = app.size
    picture = Picture(width, height)
    for y, strip in enumerate(app.screen._compositor.render_strips()[:height]):
        pens = (Strip.render_ansi(style, system) if style else "" for _, style, _ in strip)
        picture.put(0, y, zip((text for text, _, _ in strip), pens, strict=True))
    return picture


def cells(picture: Picture) -> list[list[Cell]]:
    """Characters and pens."""
    lines = zip(picture.chars, picture.pens, strict=True)
    return [[*zip(chars, pens, strict=True)] for chars, pens in lines]


def drawn_later(x: int, y: int, size: tuple[int, int]) -> bool:
    """The details, the scrollbar and the keys."""
    width, height = size
    lists = width * 3 // 5 if has_room(*size) else width
    return y == height - 1 or (y > 0 and (x > lists or x == lists - 1))


CASES = [
    *((size, there, "true") for size in SIZES for there in WORLDS),
    *((size, "small", look) for size in SIZES[:3] for look in LOOKS if look != "true"),
]


@pytest.mark.parametrize(("size", "there", "look"), CASES)
async def test_it_is_what_textual_draws(
    size: tuple[int, int], there: str, look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in LOOKS[look].items():
        monkeypatch.setenv(name, value)
    settings = Settings(namespace="default" if size == (101, 30) else None)
    drawn, wanted = await both(WORLDS[there](), size, colours_for(LOOKS[look]), settings)
    assert not differing(drawn, wanted, size)
    text = "\n".join("".join(char or "" for char, _ in line) for line in drawn)
    assert ("web2" in text) == (there != "empty")


@pytest.mark.parametrize("size", SIZES[:3])
async def test_what_is_remembered(size: tuple[int, int], tmp_path: Path) -> None:
    remembered = Remembered(str(tmp_path))
    remembered.set_sort("containers", Sort("image", reverse=True))
    remembered.set_sort("images", Sort("size"))
    remembered.set_sort("tasks", Sort("", reverse=True))
    remembered.set_hidden("containers", ("namespace", "id", "owner"))
    remembered.save()
    drawn, wanted = await both(world(), size, root=tmp_path)
    assert not differing(drawn, wanted, size)
    text = "\n".join("".join(char or "" for char, _ in line) for line in drawn)
    assert "IMAGE▼" in text


async def both(
    there: Snapshot,
    size: tuple[int, int],
    colours: Colours = Colours.TRUE,
    settings: Settings | None = None,
    root: Path | None = None,
) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """What we draw, and what Textual does."""
    settings, inks = settings or Settings(), inks_for("", colours)
    state = StateDirectory(root) if root else None
    session = Session(Store(), state=state, address="/run/containerd/containerd.sock")
    session.store.publish(there)
    assert inks is not None
    picture = draw(settings, session, Remembered(str(root or "")), size, NOW, inks)
    assert picture is not None
    async with running(there, size=size, session=session, settings=settings) as (app, _):
        return cells(picture), cells(picture_of(app, SYSTEMS[colours]))


def differing(
    drawn: list[list[Cell]], wanted: list[list[Cell]], size: tuple[int, int]
) -> list[object]:
    """The first cells that are not the same, of those that are drawn before."""
    found = [
        (x, y, drawn[y][x], cell)
        for y, line in enumerate(wanted)
        for x, cell in enumerate(line)
        if drawn[y][x] != cell and not drawn_later(x, y, size)
    ]
    return found[:10]


@pytest.mark.parametrize("size", SIZES[:3])
async def test_the_frame_before_a_daemon_has_answered(size: tuple[int, int]) -> None:
    inks = inks_for("", Colours.TRUE)
    assert inks is not None
    picture = draw(Settings(), None, Remembered(""), size, NOW, inks)
    assert picture is not None
    app = CtdeckApp(Settings(), first=asyncio.create_task(asyncio.Event().wait()))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "connecting …" in screen_text(app))
        wanted = cells(picture_of(app, ColorSystem.TRUECOLOR))
    assert not differing(cells(picture), wanted, size)


@pytest.mark.parametrize("theme", ["nord", "ctdeck-16"])
def test_a_look_whose_colours_only_textual_knows(theme: str) -> None:
    assert inks_for(theme, Colours.TRUE) is None
    assert inks_for(theme, Colours.SIXTEEN) is not None  # it is ours there
