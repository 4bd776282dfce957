"""What is kept has bounds, and goes with what it belongs to."""

import pytest

from aiocontainerd.models import (
    Descriptor,
    Event,
    Image,
    ImageDetails,
    Key,
    Mount,
    Task,
    TaskStatus,
)
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import typeurl
from aiocontainerd.reconcile import records, ring, topics
from aiocontainerd.reconcile.binds import Binds
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.reconcile.world import World
from aiocontainerd.services.events import Envelope

from .reconciling import IMAGES, NOW, SNAPSHOTS, TASKS, container, make_world, put_list


def image(name: str, digest: str = "sha256:1") -> Image:
    return Image("n", name, name.encode(), Descriptor("m", digest, 1))


def test_the_records_of_a_kept_question_are_not_searched_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_FORGET_BEYOND", 10)
    held = records.Records()
    held.asking(TASKS)  # stays open: nothing may be forgotten
    kept = []
    for n in range(100):
        one = TASKS._replace(id=f"t{n}")
        held.put(one, None, held.asking(one))
        kept.append(id(held._answered))
    assert len(set(kept)) <= 5, "made anew each time"


def test_events_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "BYTES_KEPT", 100_000)
    made, _ = make_world()
    for seq in range(1, 101):
        made.note(Event(seq, NOW, "n", "/t", "s" * 5_000, {"image": "i" * 5_000}))
    snapshot = made.freeze()
    assert snapshot.events_total == 100
    assert 5 <= len(snapshot.events) <= 10
    assert snapshot.events[-1].seq == 100
    made.note(Event(101, NOW, "n", "/t", "s" * 200_000))
    assert [event.seq for event in made.freeze().events] == [101]


def test_a_text_without_end_is_cut() -> None:
    payload = payloads.ContainerCreate(id="c" * 1_000_000, image="i" * 1_000_000)
    found = Envelope(NOW, "n", "/containers/create", typeurl.pack(payload))
    event = topics.to_event(found, topics.fields_of(found), 1)
    assert ring.size_of(event) < 20_000
    assert event.subject.endswith("…")


def test_bind_sources_are_counted() -> None:
    def bind(source: str) -> Mount:
        return Mount("/x", "bind", source, ("rbind",))

    binds = Binds()
    first, second = container("a", bind("/a"), bind("/a"), bind("/b")), container("b", bind("/a"))
    binds.replace(None, first)
    binds.replace(None, second)
    assert set(binds.paths) == {"/a", "/b"}
    binds.replace(first, container("a", bind("/c")))
    assert set(binds.paths) == {"/a", "/c"}
    binds.replace(second, None)
    assert set(binds.paths) == {"/c"}


def put_image(made: World, *names: str, digest: str = "sha256:1") -> None:
    for name in names:
        one = IMAGES._replace(id=name.encode())
        made.put(one, image(name, digest), made.records.asking(one))


def test_what_was_found_out_goes_with_the_last_image() -> None:
    made, _ = make_world()
    put_image(made, "a", "b")
    made.put_details("n", "sha256:1", ImageDetails(5, (), chain_id="chain"))
    put_list(made, SNAPSHOTS, {"chain": "chain"}, made.records.asking(SNAPSHOTS))
    made.review(made.records.of(Kind.IMAGES, "n").values())
    assert [i.unpacked for i in made.freeze().images.values()] == [True, True]
    one = SNAPSHOTS._replace(id="chain")
    made.put(one, None, made.records.asking(one))
    assert [i.unpacked for i in made.freeze().images.values()] == [False, False]
    put_image(made, "a", digest="sha256:2")
    assert made.findings.pointing_at(("n", "sha256:1")) == [image("b")]
    one = IMAGES._replace(id=b"b")
    made.put(one, None, made.records.asking(one))
    assert made.findings.details == {}
    assert made.findings.on_chain(("n", "chain")) == []
    made.put_details("n", "sha256:1", ImageDetails(5, ()))  # an answer that comes too late
    assert made.findings.details == {}


def test_the_start_of_a_process_goes_with_it() -> None:
    made, _ = make_world()
    one = TASKS._replace(id="t")
    for pid in (7, 8):
        task = Task("n", "t", pid, TaskStatus.RUNNING)
        made.put(one, task, made.records.asking(one))
        made.put_started(task, NOW)
    assert made.findings.started == {(Key("n", "t"), 8): NOW}
    made.put_started(Task("n", "gone", 9, TaskStatus.RUNNING), NOW)
    made.put(one, None, made.records.asking(one))
    assert made.findings.started == {}
