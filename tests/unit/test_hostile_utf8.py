"""Text that is not UTF-8, as containerd 1.6 stores it: read, told apart, and never mixed up."""

import ast
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from hypothesis import example, given
from hypothesis import strategies as st

from aiocontainerd import convert
from aiocontainerd.errors import FailedPrecondition, InvalidArgument
from aiocontainerd.models import Container, Image, Key, Snapshot
from aiocontainerd.owners import PAUSE, keeper_of
from aiocontainerd.pb import (
    containers_pb2,
    event_payloads_pb2,
    images_pb2,
    leases_pb2,
    process_pb2,
    snapshots_pb2,
)
from aiocontainerd.reconcile.topics import Kind, Target, fields_of, targets_of, to_event
from aiocontainerd.safe import exact, safe
from aiocontainerd.services.events import Envelope
from aiocontainerd.subjects import subject_of
from ctdeck import equivalents
from ctdeck.command.targets import find_images
from ctdeck.listings.images import IMAGES
from ctdeck.verbs.run import name_to_run


def field(number: int, value: bytes) -> bytes:
    """A field of bytes, as protobuf sends it."""
    assert len(value) < 128
    return bytes([number << 3 | 2, len(value)]) + value


def label(number: int, key: bytes, value: bytes) -> bytes:
    return field(number, field(1, key) + field(2, value))


def image(name: bytes, **labels: str) -> Image:
    message = images_pb2.Image(name=name, labels=labels)
    message.target.digest = f"sha256:{name.hex():0<64}"
    return convert.image(message, "default")


def container(id: str, image: bytes, *more: bytes) -> Container:
    message = containers_pb2.Container.FromString(
        field(1, id.encode()) + field(3, image) + b"".join(more)
    )
    return convert.container(message, "default")


def world(*things: Image | Container) -> Snapshot:
    return Snapshot(
        images={each.key: each for each in things if isinstance(each, Image)},
        containers={each.key: each for each in things if isinstance(each, Container)},
    )


NAMES = st.binary(max_size=8) | st.text(max_size=8).map(lambda t: t.encode("utf-8", "replace"))


@given(NAMES, NAMES)
@example(b"x\xff", b"x\xfe")
@example(b"x\xff", "x\ufffd".encode())
@example(b"\x1b", "\u241b".encode())
@example(b"\xff", rb"'\xff'")
@example(b"'", b'"')
def test_no_two_names_have_one_identity(one: bytes, other: bytes) -> None:
    assert (exact(one) == exact(other)) == (one == other)
    assert exact(one) == safe(exact(one))


@given(NAMES)
def test_an_identity_is_the_name_itself_or_says_its_bytes(name: bytes) -> None:
    told = exact(name)
    assert told.encode() == name or ast.literal_eval(f"b{told}") == name


def test_plain_names_are_their_own_identity() -> None:
    for name in ("docker.io/library/nginx:1", "", "größe", "漢字", "a b", '"quoted"'):
        assert exact(name) == exact(name.encode()) == name


LABELS = label(2, b"k\xff", b"v\xfe") + label(2, b"even", b"v\xfe") + label(2, b"plain", b"v")


def test_a_container_of_which_nothing_is_utf8_is_read() -> None:
    read = container(
        "c", b"i\xff", LABELS, field(4, field(1, b"r\xff")), field(6, b"s\xff"), field(7, b"k\xff")
    )
    assert dict(read.labels) == {"k\ufffd": "v\ufffd", "even": "v\ufffd", "plain": "v"}
    assert (read.image, read.runtime, read.snapshotter) == ("i\ufffd", "r\ufffd", "s\ufffd")
    assert (read.snapshot_key, read.raw_snapshot_key) == ("k\ufffd", b"k\xff")


def test_a_list_with_one_bad_record_is_a_list() -> None:
    records = [field(1, b"bad") + LABELS + field(3, b"i\xff"), field(1, b"good") + field(3, b"i")]
    answer = b"".join(field(1, each) for each in records)
    read = containers_pb2.ListContainersResponse.FromString(answer)
    found = [convert.container(each, "default") for each in read.containers]
    assert [(each.id, each.image) for each in found] == [("bad", "i\ufffd"), ("good", "i")]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (images_pb2.Image, 2),
        (leases_pb2.Lease, 3),
        (snapshots_pb2.Info, 6),
        (containers_pb2.Container, 2),
    ],
)
def test_labels_of_everything(kind: Callable[[], Message], number: int) -> None:
    message = kind()
    message.ParseFromString(label(number, b"k\xff", b"v\xfe") + label(number, b"e", b"\xff"))
    assert dict(convert.labels_of(message)) == {"k\ufffd": "v\ufffd", "e": "\ufffd"}


def test_a_record_of_bad_labels_is_read_anew_and_not_failed_at() -> None:
    stamp = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
    for labels in (LABELS, label(2, b"even", b"v\xfe")):
        message = containers_pb2.Container.FromString(field(1, b"c") + labels)
        message.created_at.seconds = message.updated_at.seconds = stamp
        known = convert.container(message, "default")
        assert not convert.same_container(message, known)


def test_a_task_with_bad_paths_is_read() -> None:
    process = process_pb2.Process.FromString(field(2, b"c") + field(5, b"/f\xff") + b"\x18\x07")
    assert convert.task(process, "default").pid == 7


TWINS = (image(b"twin\xff"), image(b"twin\xfe"), image("twin\ufffd".encode()))


def test_images_that_look_alike_are_rows_with_users_of_their_own() -> None:
    users = [container(f"c{n}", each.raw_name) for n, each in enumerate(TWINS)]
    users += [container("more", TWINS[1].raw_name)]
    now = world(*TWINS, *users)
    assert {each.name for each in TWINS} == {"twin\ufffd"}
    assert len(now.images) == 3
    counted = [len(now.users_of(each)) for each in TWINS]
    assert counted == [1, 2, 1]
    rows = [IMAGES.row(now, each.key) for each in TWINS]
    assert [row.users for row in rows] == counted  # type: ignore[union-attr]
    fewer = world(*TWINS, *users[:-1])
    assert IMAGES.touched(now, fewer, None) == {TWINS[1].key}
    assert IMAGES.row(fewer, TWINS[1].key).users == 1  # type: ignore[union-attr]


def test_a_pause_image_is_known_by_its_own_sandboxes() -> None:
    label_ = label(2, b"io.cri-containerd.kind", b"sandbox")
    now = world(*TWINS, container("pod", TWINS[0].raw_name, label_))
    assert [keeper_of(each, now) for each in TWINS] == [PAUSE, None, None]


def test_a_typed_name_never_means_one_of_two() -> None:
    now = world(*TWINS)
    with pytest.raises(FailedPrecondition, match=r"3 images.*'twin\\xff'"):
        find_images(now, None, ["twin\ufffd"])
    for each in TWINS:
        for text in (each.exact_name, each.exact_name.strip("'")):
            assert find_images(now, None, [text]) == (each,)
    assert find_images(world(TWINS[0]), None, ["twin\ufffd"]) == (TWINS[0],)
    with pytest.raises(InvalidArgument, match="not plain text"):
        name_to_run(TWINS[0])


def test_the_line_of_ctr_means_the_right_one() -> None:
    for each in (*TWINS, image(b"it's\xff\n\\x"), image(b'"\xff')):
        words = equivalents.delete_image_line(each).removeprefix(
            shlex.join(["ctr", "-n", "default", "images", "delete"])
        )
        said = subprocess.run(["bash", "-c", f"printf %s {words}"], capture_output=True, check=True)
        assert said.stdout == each.raw_name


def envelope(topic: str, payload: type[Message], value: bytes) -> Envelope:
    packed = Any(type_url=payload.DESCRIPTOR.full_name, value=value)
    return Envelope(None, "default", topic, packed)


def test_an_event_with_bad_text_is_shown_and_says_where_to_look() -> None:
    created = envelope(
        "/containers/create",
        event_payloads_pb2.ContainerCreate,
        field(1, b"c") + field(2, b"i\xff"),
    )
    fields = fields_of(created)
    assert targets_of(created, fields) == (Target(Kind.CONTAINERS, "default", "c"),)
    event = to_event(created, fields, 1)
    assert (event.subject, dict(event.attributes)) == ("c", {"image": "i\ufffd"})


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        ("/containers/create", event_payloads_pb2.ContainerCreate, Kind.CONTAINERS),
        ("/containers/delete", event_payloads_pb2.ContainerDelete, Kind.CONTAINERS),
        ("/tasks/start", event_payloads_pb2.TaskStart, Kind.TASKS),
    ],
)
def test_an_id_that_cannot_be_asked_for_means_the_whole_list(
    topic: str, payload: type[Message], kind: Kind
) -> None:
    odd = envelope(topic, payload, field(1, b"c\xff"))
    assert targets_of(odd, fields_of(odd)) == (Target(kind, "default"),)
    assert to_event(odd, fields_of(odd), 1).subject == "c\ufffd"


def test_a_key_of_images_is_what_it_was_for_plain_names() -> None:
    assert image(b"docker.io/library/nginx:1").key == Key("default", "docker.io/library/nginx:1")


def test_the_audit_names_the_right_one() -> None:
    asked = [
        (images_pb2.DeleteImageRequest(name=b"twin\xff"), r"'twin\xff'"),
        (images_pb2.DeleteImageRequest(name=b"nginx:1"), "nginx:1"),
        (images_pb2.CreateImageRequest(image=images_pb2.Image(name=b"i")), "i"),
        (leases_pb2.DeleteRequest(id=b"ctdeck-1"), "ctdeck-1"),
        (snapshots_pb2.RemoveSnapshotRequest(key=b"k\xfe"), r"'k\xfe'"),
    ]
    assert [subject_of(request) for request, _ in asked] == [told for _, told in asked]
