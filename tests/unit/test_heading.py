"""What the top line tells of the connection: each state has its own words."""

from dataclasses import replace

from aiocontainerd.models import Phase, ServerInfo, Snapshot
from ctdeck.screens.heading import top_of
from ctdeck.settings import Settings

HERE = Snapshot(phase=Phase.LIVE, loaded=True, server=ServerInfo("2.1.9"))


def words(snapshot: Snapshot) -> str:
    top = top_of(snapshot, None, Settings())
    return " | ".join((top.daemon, top.alarm, *top.notes))


def test_each_state_of_the_connection_has_its_own_words() -> None:
    told = {
        phase: words(replace(HERE, phase=phase, error="why" if phase is not Phase.LIVE else ""))
        for phase in (Phase.LIVE, Phase.LOST, Phase.FAILED)
    }
    told[Phase.CONNECTING] = words(Snapshot())
    assert len(set(told.values())) == 4
    assert "lost: why" in told[Phase.LOST]
    assert "no answer: why" in told[Phase.FAILED]
    assert "connecting" in told[Phase.CONNECTING]


def test_a_list_that_is_still_read_is_named_while_others_are_shown() -> None:
    assert "reading" not in words(HERE)
    shown = words(replace(HERE, reading=frozenset({"images"})))
    assert "still reading the images" in shown


def test_events_that_wait_are_told_on_the_screen() -> None:
    assert "behind" not in words(HERE)
    assert "events 12 s behind" in words(replace(HERE, behind=12))
