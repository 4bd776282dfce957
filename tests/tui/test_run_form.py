"""The run form by keys: order, completion, errors beside their fields, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot

from aiocontainerd.bind_sources import look_at
from aiocontainerd.equivalent import ctr_run
from aiocontainerd.errors import AlreadyExists, ContainerdError, DaemonError, RuntimeFailed
from aiocontainerd.models import Container
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations import RunResult
from aiocontainerd.run_options import RunOptions
from ctdeck.forms import host_paths
from ctdeck.forms.drafts import Draft
from ctdeck.forms.risks import Facts
from ctdeck.screens.run import RunScreen
from ctdeck.widgets import path_field
from ctdeck.widgets.fields import VariableField
from ctdeck.widgets.form import ManyRows
from tests.tui.apps import screen_text, until
from tests.tui.hosts import OPEN, Host, hosted, typed

IMAGE = "docker.io/library/nginx:1.27"
RECORD = Container("default", "web1", IMAGE, "runc", "overlayfs", "web1")


@dataclass
class Runs:
    """What the form asked for; each call fails with the next error, or succeeds."""

    errors: list[ContainerdError] = field(default_factory=list)
    asked: list[RunOptions] = field(default_factory=list)
    hold: asyncio.Event | None = None
    cancelled: bool = False

    async def __call__(self, options: RunOptions, facts: Facts) -> RunResult:
        self.asked.append(options)
        try:
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.errors:
            raise self.errors.pop(0)
        return RunResult(options.id, 7, Path("/o"), Path("/e"), RECORD)


@asynccontextmanager
async def form(
    runs: Runs | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    drafts: dict[Hashable, Draft] | None = None,
    kept_as: Hashable = IMAGE,
    base: RunOptions | None = None,
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    screen = RunScreen(
        base or RunOptions(IMAGE, "nginx-7f3a"),
        namespace="default",
        run=runs or Runs(),
        equivalent=lambda options: ctr_run(options, address="/s.sock", namespace="default"),
        drafts={} if drafts is None else drafts,
        kept_as=kept_as,
        examine=looked,
    )
    async with hosted(screen, size) as (app, pilot):
        yield app, pilot


async def looked(options: RunOptions) -> Facts:
    return {mount.source: look_at(mount.source) for mount in options.mounts}


def shows(app: Host, *words: str) -> Callable[[], bool]:
    return lambda: all(word in " ".join(screen_text(app).split()) for word in words)


async def test_fields_in_their_order_and_all_that_was_typed_is_run() -> None:
    runs = Runs()
    async with form(runs) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("tab")
        await typed(pilot, "sh -c 'echo a'")
        await pilot.press("tab")
        await typed(pilot, "/srv/w:/www:ro")
        await pilot.press("tab")
        await typed(pilot, "/data:/data")
        await pilot.press("tab", "tab")
        await typed(pilot, "A=b c")
        await pilot.press("tab", "tab", "h", "tab")
        await typed(pilot, "1000")
        await pilot.press("tab")
        await typed(pilot, "/tmp")
        for text in ("64m", "0.5", "9"):
            await pilot.press("tab")
            await typed(pilot, text)
        await pilot.press("tab", "space", "tab", "space", "tab", "x", "enter")
        await until(pilot, lambda: app.left is not OPEN, "run")
    assert runs.asked == [
        RunOptions(
            IMAGE,
            "web1",
            command=("sh", "-c", "echo a"),
            mounts=(BindMount("/srv/w", "/www", readonly=True), BindMount("/data", "/data")),
            env=("A=b c",),
            network="host",
            user="1000",
            cwd="/tmp",
            memory=64 << 20,
            cpus=0.5,
            pids=9,
            readonly=True,
            terminal=True,
            remove=True,
        )
    ]


async def test_the_generated_name_is_typed_over_but_not_lost_by_moving() -> None:
    runs = Runs()
    async with form(runs) as (_, pilot):
        await pilot.press("tab", "shift+tab", "enter")
        await until(pilot, lambda: bool(runs.asked))
    assert runs.asked[0].id == "nginx-7f3a"


async def test_a_filled_field_keeps_its_text_when_one_comes_back_to_it() -> None:
    runs = Runs()
    async with form(runs) as (_, pilot):
        await pilot.press("tab")
        await typed(pilot, "sleep 1")
        await pilot.press("tab", "shift+tab", "0", "enter")
        await until(pilot, lambda: bool(runs.asked))
    assert runs.asked[0].command == ("sleep", "10")


async def test_the_equivalent_and_the_risks_follow_the_typing() -> None:
    async with form() as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("down", "down")
        await typed(pilot, "/etc:/x")
        await until(pilot, shows(app, "src=/etc,dst=/x", "docker.io/library/nginx:1.27 web1"))
        assert shows(app, "the host's passwords and settings, writable")()
        await typed(pilot, ":ro")
        await until(pilot, shows(app, "passwords and settings, read-only"))


async def test_of_many_risks_none_is_hidden() -> None:
    sources = ("/", "/etc", "/dev", "/root", "/boot", "/var/lib/docker")
    base = RunOptions(
        IMAGE,
        "web1",
        mounts=tuple(BindMount(at, f"/m{n}", recursive=False) for n, at in enumerate(sources)),
        privileged=True,
    )
    async with form(base=base) as (app, _):
        told = " ".join(screen_text(app).split())
        assert "privileged: the container can do all" in told
        assert "/etc: the host's passwords" in told
        assert "and 4 more risks: /dev; /root; /boot; /var/lib/docker" in told
    async with form(base=base, size=(80, 16)) as (app, _):
        told = " ".join(screen_text(app).split())
        assert "7 risks: privileged; /; /etc; /dev; /root; /boot; /var/lib/docker" in told


async def test_secrets_are_shown_only_while_one_is_in_their_field() -> None:
    base = RunOptions(IMAGE, "web1", env=("DB_PASSWORD=hunter2",))
    async with form(base=base) as (app, pilot):
        assert "hunter2" not in screen_text(app)
        assert screen_text(app).count("DB_PASSWORD=***") == 2
        app.screen.query_one(VariableField).focus()
        await until(pilot, shows(app, "hunter2"))  # in its own field, while one is in it


async def test_every_mistake_is_told_beside_its_field_and_nothing_is_run() -> None:
    runs = Runs()
    async with form(runs, size=(80, 40)) as (app, pilot):
        await typed(pilot, "-bad")
        await pilot.press("down", "down")
        await typed(pilot, "www:/x")
        await pilot.press("down", "down")
        await typed(pilot, "NOVALUE")
        await pilot.press("enter")
        await until(
            pilot,
            shows(app, "this is not a container id", "source must be an absolute", "NAME=VALUE"),
        )
        assert app.focused is app.screen.query_one("#name")
        assert app.left is OPEN
        text = screen_text(app)
        for kept in ("-bad", "www:/x", "NOVALUE"):
            assert kept in text
    assert runs.asked == []


async def test_leaving_a_wrong_field_tells_at_once_and_mending_it_takes_that_away() -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, "/x:y")
        await pilot.press("down")
        await until(pilot, shows(app, "destination is missing or not absolute"))
        await pilot.press("up", "backspace", "/", "y")
        await until(pilot, lambda: not shows(app, "not absolute")())


@pytest.mark.parametrize(
    ("error", "where", "words"),
    [
        (AlreadyExists("a container of this name exists already", subject="web1",
                       remedy="Choose another name."), "#name", "exists already. Choose another"),
        (RuntimeFailed("the image has no program 'ngnix'", subject="web1",
                       remedy="Give the command's full path."), "#command", "no program 'ngnix'"),
        (DaemonError("the disk [/] burns", subject="x"), "", "the disk [/] burns"),
    ],
)  # fmt: skip
async def test_the_daemons_error_comes_back_with_all_that_was_typed(
    error: ContainerdError, where: str, words: str
) -> None:
    runs = Runs([error])
    async with form(runs) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("tab")
        await typed(pilot, "ngnix")
        await pilot.press("enter")
        await until(pilot, shows(app, words))
        assert "ngnix" in screen_text(app)
        assert "web1" in screen_text(app)
        if where:
            assert app.focused is app.screen.query_one(where)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.left, RunResult), "second try")
    assert len(runs.asked) == 2


async def test_escape_calls_a_run_off_and_the_form_stays() -> None:
    runs = Runs(hold=asyncio.Event())
    async with form(runs) as (app, pilot):
        await pilot.press("enter", "enter")
        await until(pilot, shows(app, "is being started"))
        await pilot.press("escape")
        await until(pilot, lambda: runs.cancelled)
        await until(pilot, shows(app, "Enter runs"))
        assert app.left is OPEN
    assert len(runs.asked) == 1


async def test_escape_leaves_and_the_next_form_has_what_was_typed() -> None:
    drafts: dict[Hashable, Draft] = {}
    async with form(drafts=drafts) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("down", "down")
        await typed(pilot, "/half")
        await pilot.press("escape")
        assert app.left is None
    runs = Runs()
    async with form(runs, drafts=drafts) as (app, pilot):
        text = screen_text(app)
        assert "web1" in text
        assert "/half" in text
        await pilot.press("down", "down", "end")
        await typed(pilot, ":/x")
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
    assert runs.asked[0].mounts == (BindMount("/half", "/x"),)
    assert drafts == {}


async def test_what_was_kept_is_marked_and_can_be_forgotten() -> None:
    drafts: dict[Hashable, Draft] = {}
    async with form(drafts=drafts) as (app, pilot):
        assert "Kept from last time" not in screen_text(app)
        await pilot.press("tab")
        await typed(pilot, "sleep 5")
        await pilot.press("escape")
    async with form(drafts=drafts) as (app, pilot):
        await until(pilot, shows(app, "Kept from last time", "sleep 5"))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "sleep 5" not in screen_text(app))
        assert "Kept from last time" not in screen_text(app)
        await pilot.press("escape")
    assert drafts == {}


async def test_what_was_kept_of_another_is_never_shown() -> None:
    drafts: dict[Hashable, Draft] = {}
    one, other = (("container", ("default", name)) for name in ("a", "b"))
    async with form(drafts=drafts, kept_as=one) as (_, pilot):
        await pilot.press("tab")
        await typed(pilot, "rm -rf /data")
        await pilot.press("escape")
    async with form(drafts=drafts, kept_as=other) as (app, _):
        assert "rm -rf" not in screen_text(app)


async def test_rows_that_were_empty_do_not_grow_in_number() -> None:
    drafts: dict[Hashable, Draft] = {}
    for _ in range(3):
        async with form(drafts=drafts) as (app, pilot):
            await pilot.press("end", "x")
            assert [len(each.rows) for each in app.screen.query(ManyRows)] == [1, 1]
            await pilot.press("escape")


async def test_of_several_errors_the_first_on_the_screen_gets_the_keys() -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, "nonsense")
        for _ in range(7):
            await pilot.press("down")
        await typed(pilot, "much")
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.focused, "value", "") == "nonsense")


# Tab in a mount


async def test_where_a_linked_source_leads_is_told(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc")
    async with form(size=(200, 50)) as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, f"{link}:/x")
        await until(pilot, shows(app, f"{link} leads to /etc"))


async def test_a_link_that_leads_elsewhere_by_now_is_told_before_it_runs(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/srv")
    runs = Runs()
    async with form(runs, size=(200, 50)) as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, f"{link}:/x")
        await until(pilot, shows(app, f"src={link},dst=/x"))
        await pilot.pause()
        link.unlink()
        link.symlink_to("/etc")
        await pilot.press("enter")
        await until(pilot, shows(app, "has just been found out", f"{link} leads to /etc"))
        assert not runs.asked
        await pilot.press("enter")
        await until(pilot, lambda: bool(runs.asked))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("site one", "shop", "shared"):
        (tmp_path / name).mkdir()
    (tmp_path / "shop" / "conf:d").touch()
    return tmp_path


async def test_tab_completes_as_a_shell_does(tree: Path) -> None:
    async with form(size=(120, 40)) as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.screen.query_one(path_field.PathField)
        await typed(pilot, f"{tree}/si")
        await pilot.press("tab")
        await until(pilot, lambda: field_.value == f"{tree}/site one/")
        assert app.focused is field_


async def test_tab_shows_the_candidates_when_more_than_one_fits(tree: Path) -> None:
    async with form(size=(120, 40)) as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.screen.query_one(path_field.PathField)
        await typed(pilot, f"{tree}/sh")
        await pilot.press("tab")
        await until(pilot, shows(app, "shared/ shop/"))
        assert field_.value == f"{tree}/sh"
        await pilot.press("o", "tab")
        await until(pilot, lambda: field_.value == f"{tree}/shop/")
        assert "shared/" not in screen_text(app)
        await pilot.press("tab")
        await until(pilot, lambda: field_.value == f"{tree}/shop/conf\\:d")
        assert app.focused is field_


@pytest.mark.parametrize("text", ["", "/srv/w:/ww", "/no-such-place-at-all"])
async def test_tab_moves_on_where_there_is_nothing_to_complete(text: str) -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.focused
        await typed(pilot, text)
        await pilot.press("tab")
        await until(pilot, lambda: app.focused is not field_)


async def test_a_hung_file_system_does_not_freeze_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = Event()

    def hung(query: host_paths.PathQuery) -> host_paths.Listing:
        hang.wait(30)
        return host_paths.Listing()

    monkeypatch.setattr(path_field, "read_directory", hung)
    monkeypatch.setattr(path_field, "PATIENCE", 0.05)
    try:
        async with form() as (app, pilot):
            await pilot.press("down", "down")
            field_ = app.screen.query_one(path_field.PathField)
            await typed(pilot, "/nfs/x")
            await pilot.press("tab", "y")
            await until(pilot, lambda: field_.value == "/nfs/xy")
            await pilot.press("tab")
            await until(pilot, shows(app, "does not answer"))
    finally:
        hang.set()


# Sizes and hostile text


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10), (10, 3)])
async def test_usable_at_every_size(size: tuple[int, int]) -> None:
    runs = Runs()
    async with form(runs, size=size) as (app, pilot):
        for _ in range(13):
            await pilot.press("tab")
            focused = app.focused
            assert focused is not None
            if size[1] >= 10:
                assert app.screen.region.contains_region(
                    focused.region.intersection(focused.region)
                )
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
    assert len(runs.asked) == 1


async def test_hostile_text_is_only_text() -> None:
    base = RunOptions(
        "ghcr.io/[/]/[@click=app.exit]x", "web1", env=("A=[/b]\x1b[2J",), user="[red]"
    )
    async with form(base=base) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.left is not OPEN)
        assert "\x1b" not in screen_text(app)


async def test_the_equivalent_line_is_all_there_when_much_is_filled_in() -> None:
    async with form(size=(80, 24)) as (app, pilot):
        await pilot.press("tab", "tab")
        for text in ("/etc:/conf:ro", "/var/lib/some/long/path/of/the/data:/data"):
            await typed(pilot, text)
            await pilot.press("down")
        await until(pilot, lambda: "/data,options=rbind" in screen_text(app))
        squeezed = "".join(line.strip("│ ") + " " for line in screen_text(app).splitlines())
        name = app.screen.draft.name  # type: ignore[attr-defined]
        assert f"{IMAGE} {name}" in squeezed
