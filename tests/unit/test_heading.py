"""What the top line tells of the connection: each state has its own words."""

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from aiocontainerd.models import Phase, ServerInfo, Snapshot
from aiocontainerd.reconcile.session import SILENT
from aiocontainerd.store import Store
from ctdeck.desk import Lock
from ctdeck.panes import PANES
from ctdeck.screens.heading import top_of
from ctdeck.settings import Session, Settings
from ctdeck.widgets.parts import tab_parts, top_parts
from tests.tui.worlds import NOW

HERE = Snapshot(phase=Phase.LIVE, loaded=True, server=ServerInfo("2.1.9"))


def words(snapshot: Snapshot) -> str:
    top = top_of(snapshot, None, Settings())
    return " | ".join((top.daemon, *top.alarm[:1], *top.notes))


def test_each_state_of_the_connection_has_its_own_words() -> None:
    told = {
        phase: words(replace(HERE, phase=phase, error="why" if phase is not Phase.LIVE else ""))
        for phase in (Phase.LIVE, Phase.LOST, Phase.FAILED)
    }
    told[Phase.CONNECTING] = words(Snapshot())
    assert len(set(told.values())) == 4
    assert "lost, retrying: why" in told[Phase.LOST]
    assert "no answer, retrying: why" in told[Phase.FAILED]
    assert "connecting" in told[Phase.CONNECTING]


def test_a_daemon_that_is_there_and_gives_no_answer_is_not_lost() -> None:
    hung = replace(LOST, error=SILENT, heard_at=NOW)
    assert "⚠ no answer for 12 s: the daemon accepts calls" in line(100, hung)
    assert "lost" not in line(200, hung)


def test_a_list_that_is_still_read_is_named_while_others_are_shown() -> None:
    assert "reading" not in words(HERE)
    shown = words(replace(HERE, reading=frozenset({"images"})))
    assert "still reading the images" in shown


def test_events_that_wait_are_told_on_the_screen() -> None:
    assert "behind" not in words(HERE)
    assert "events 12 s behind" in words(replace(HERE, behind=12))


REFUSED = "nobody listens: containerd is not running (any more). Start it (`systemctl …`)."
LOST = replace(HERE, phase=Phase.LOST, error=REFUSED)


def line(width: int, snapshot: Snapshot = LOST, **more: Any) -> str:
    session = Session(Store(), address="unix:///run/containerd/containerd.sock")
    top = top_of(snapshot, None, Settings(), session, lost_for="12 s", **more)
    return "".join(text for text, _ in top_parts(top._replace(host="node7"), width))


def test_what_is_not_normal_is_whole_and_then_comes_the_host() -> None:
    for width in range(50, 240):
        assert "⚠ lost 12 s, retrying" in line(width)
        assert "node7" in line(width)
        assert "…" not in line(width).replace("systemctl …", "")
    assert "lost 12 s, retrying: nobody listens " in line(80)
    assert "containerd is not running (any more) (what you see is old)" in line(130)
    assert "/run/containerd/containerd.sock" in line(200)
    assert "systemctl" in line(240)
    assert "lost 12 s" in line(34)


def test_of_many_notes_those_without_room_are_counted() -> None:
    more: dict[str, Any] = {
        "filtered": "/web",
        "unlocked": [Lock("k8s.io", "kubelet")],
        "secrets": True,
    }
    assert "2 more" in line(64, **more)
    assert "⚠ lost 12 s, retrying" in line(64, **more)
    assert "unlocked: " in line(110, **more)


FEW = {"images": 6, "containers": 6, "tasks": 5, "mounts": 11, "events": 5, "disk": 0}
MANY = {"images": 1234, "containers": 100_000, "tasks": 9999, "mounts": 700_000, "events": 2000}


def tabs(width: int, counts: dict[str, int], here: str, *, marks: int = 0, dropped: int = 0) -> str:
    kept = counts.get("events", 0)
    now = replace(HERE, events_total=kept + dropped, events=range(kept))  # type: ignore[arg-type]
    made = [
        pane.tab(now, counts.get(pane.id, 0), None, marks=marks if pane.id == here else 0)
        for pane in PANES
    ]
    place = next(number for number, pane in enumerate(PANES) if pane.id == here)
    parts = tab_parts(made, place, width)
    assert len(parts) == len(PANES)  # clicks find a tab by its place
    return "".join(text for text, _ in parts)


@pytest.mark.parametrize("width", [*range(20, 140), 200])
def test_the_pane_that_one_is_on_always_tells_its_count(width: int) -> None:
    for here in MANY:
        line = tabs(width, MANY, here, marks=12, dropped=123_456)
        assert cell_len(line) <= width
        told = line.partition("[")[2].partition("]")[0]
        assert f"{MANY[here]:,}" in told
        assert told.endswith(" ✓12")
        if here == "events":
            assert "2,000+ ✓12" in told or "2,000 of 125,456 ✓12" in told


def test_names_give_way_before_counts_and_that_of_the_pane_one_is_on_last() -> None:
    few = "[1 Images 6] 2 Containers 6  3 Tasks 5  4 Mounts 11  5 Events 5  6 Disk "
    assert tabs(80, FEW, "images") == few
    assert tabs(60, FEW, "images") == "[1 Images 6] 2 Con 6  3 Tsk 5  4 Mnt 11  5 Evt 5  6 Dsk "
