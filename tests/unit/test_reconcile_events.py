"""What an event says: what to get again because of it, and the words that show it."""

from datetime import UTC, datetime

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from aiocontainerd.models import Event
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import images_pb2, typeurl
from aiocontainerd.reconcile import topics
from aiocontainerd.services.events import Envelope

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def envelope(topic: str, payload: Message | None) -> Envelope:
    return Envelope(NOW, "n", topic, typeurl.pack(payload) if payload else Any(type_url="odd"))


def about(topic: str, payload: Message | None) -> tuple[str, ...]:
    found = envelope(topic, payload)
    targets = topics.targets_of(found, topics.fields_of(found))
    return tuple(f"{t.kind.value}/{t.id!r}" for t in targets)


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("/containers/create", payloads.ContainerCreate(id="c"), ("containers/'c'",)),
        (
            "/containers/delete",
            payloads.ContainerDelete(id="c"),
            ("containers/'c'", "tasks/None"),
        ),
        ("/tasks/start", payloads.TaskStart(container_id="c", pid=1), ("tasks/'c'",)),
        ("/tasks/exit", payloads.TaskExit(container_id="c", id="c"), ("tasks/'c'",)),
        ("/tasks/exit", payloads.TaskExit(container_id="c", id="probe"), ()),
        ("/tasks/exec-added", payloads.TaskExecAdded(container_id="c", exec_id="e"), ()),
        ("/tasks/delete", payloads.TaskDelete(container_id="c"), ("tasks/'c'",)),
        ("/images/create", images_pb2.ImageCreate(name=b"i\xff"), ("images/b'i\\xff'",)),
        ("/snapshot/prepare", payloads.SnapshotPrepare(key="k"), ()),
        ("/snapshot/commit", payloads.SnapshotCommit(key="k", name="s"), ("snapshots/'s'",)),
        ("/snapshot/remove", payloads.SnapshotRemove(key="k"), ("snapshots/'k'",)),
        ("/namespaces/create", payloads.NamespaceCreate(name="x"), ("namespaces/None",)),
        ("/content/delete", payloads.ContentDelete(digest="d"), ()),
        ("/tasks/start", None, ("tasks/None",)),  # a payload that we cannot read
        ("/images/create", None, ("images/None",)),
        ("/unheard/of", None, ()),
        ("", None, ()),
    ],
)
def test_what_an_event_says_to_get(
    topic: str, payload: Message | None, expected: tuple[str, ...]
) -> None:
    assert about(topic, payload) == expected


def shown(topic: str, payload: Message | None) -> Event:
    found = envelope(topic, payload)
    return topics.to_event(found, topics.fields_of(found), 5)


def test_an_exit_in_words() -> None:
    event = shown("/tasks/exit", payloads.TaskExit(container_id="c", id="c", pid=3))
    assert (event.seq, event.timestamp, event.namespace) == (5, NOW, "n")
    assert event.subject == "c"
    assert event.attributes == {"pid": "3", "exit_status": "0"}


def test_an_exec_keeps_its_name() -> None:
    event = shown("/tasks/exit", payloads.TaskExit(container_id="c", id="e", exit_status=1))
    assert event.subject == "c"
    assert event.attributes == {"exec_id": "e", "pid": "0", "exit_status": "1"}


def test_hostile_text_is_made_safe() -> None:
    event = shown("/images/create", images_pb2.ImageCreate(name=b"a\x1b[2J\xff"))
    assert event.subject == "a\u241b[2J\ufffd"
    event = shown("/containers/create", payloads.ContainerCreate(id="c", image="\u202ei"))
    assert event.attributes == {"image": "\ufffdi"}


def test_broken_payloads_are_survived() -> None:
    found = Envelope(
        None, "n", "/tasks/exit", Any(type_url="containerd.events.TaskExit", value=b"\xff")
    )
    assert topics.fields_of(found) == {}
    assert shown("/odd", None).subject == ""
