"""The simulated daemon's records without gRPC: what changes, what is published, what is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.message import Message

from aiocontainerd.pb import content_pb2, images_pb2, snapshots_pb2, typeurl
from aiocontainerd.pb.containers_pb2 import Container, GetContainerResponse
from aiocontainerd.pb.types_pb2 import Descriptor
from aiocontainerd.simulator import (
    containers,
    content,
    garbage,
    images,
    imaging,
    ingests,
    leases,
    namespaces,
    snapshots,
)
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.wire import framed
from aiocontainerd.simulator.world import World

NS = "shop"
SPEC = typeurl.pack_json(typeurl.SPEC_URL, {"process": {"args": ["a" * 1000]}})
OVERLAY = "overlayfs"


class Told(World):
    """A world that writes down what it publishes."""

    def __init__(self) -> None:
        super().__init__()
        self.topics: list[str] = []

    def publish(self, namespace: str, topic: str, message: Message) -> None:
        assert namespace == NS
        self.topics.append(topic)

    def heard(self) -> list[str]:
        topics, self.topics = self.topics, []
        return topics


@pytest.fixture
def world() -> Told:
    return Told()


def record(id: str = "web", **more: object) -> Container:
    message = Container(id=id, spec=SPEC, labels={"app": "shop"})
    message.runtime.name = "io.containerd.runc.v2"
    for name, value in more.items():
        setattr(message, name, value)
    return message


def labelled(message: Container, **labels: str) -> Container:
    message.labels.update(labels)
    return message


@contextmanager
def refusal(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as refused:
        yield
    assert refused.value.code == code


def test_a_container_keeps_its_bytes_in_two_parts(world: Told) -> None:
    made = containers.create(world, NS, record())
    assert made.message.spec == SPEC
    assert not made.without_spec.HasField("spec")
    assert made.without_spec.labels == {"app": "shop"}
    changed = containers.update(world, NS, Container(id="web", labels={"x": "1"}), ["labels.x"])
    assert changed.spec is made.spec
    assert changed.message.labels == {"app": "shop", "x": "1"}
    assert changed.message.created_at == made.message.created_at
    containers.delete(world, NS, "web")
    assert world.heard() == ["/containers/create", "/containers/update", "/containers/delete"]


def test_a_namespace_appears_with_a_write_and_not_by_a_look(world: Told) -> None:
    assert not list(containers.select(world, NS, []))
    assert world.spaces == {}
    leases.create(world, NS, "", {})
    assert list(world.spaces) == [NS]
    assert world.heard() == []


def test_a_full_namespace_stays(world: Told) -> None:
    namespaces.create(world, NS, {"a": "b"})
    containers.create(world, NS, record())
    with refusal("FAILED_PRECONDITION"):
        namespaces.delete(world, NS)
    containers.delete(world, NS, "web")
    world.heard()
    namespaces.delete(world, NS)
    assert world.heard() == ["/namespaces/delete"]
    assert not world.spaces


def test_labels_have_a_limit_and_no_empty_value(world: Told) -> None:
    with pytest.raises(Refused, match="greater than maximum size"):
        containers.create(world, NS, labelled(record("big"), k="v" * 4096))
    made = containers.create(world, NS, labelled(record(), empty=""))
    assert made.message.labels == {"app": "shop"}


def blob(world: World, data: bytes, **labels: str) -> str:
    named = {key.replace("__", "."): value for key, value in labels.items()}
    refs = {f"containerd.io/gc.{key}": value for key, value in named.items()}
    return content.put(world, NS, data, labels=refs).digest


def point(world: World, name: str, digest: str) -> None:
    target = Descriptor(media_type="m", digest=digest, size=1)
    images.create(world, NS, images_pb2.Image(name=name.encode(), target=target))


def test_what_an_image_refers_to_is_kept(world: Told) -> None:
    layer, other = blob(world, b"layer"), blob(world, b"other")
    config = blob(world, b"config", ref__snapshot__overlayfs="top")
    manifest = blob(world, b"m", ref__content__l__0=layer, ref__content__config=config)
    for name, parent in (("low", ""), ("top", "low"), ("loose", "low")):
        snapshots.make(world, NS, OVERLAY, f"x {name}", parent, labels={})
        snapshots.commit(world, NS, OVERLAY, name, f"x {name}", labels={})
    point(world, "app", manifest)
    world.heard()
    garbage.collect(world, NS)
    space = world.space(NS)
    assert set(space.content) == {layer, config, manifest}
    assert other not in space.content
    assert set(space.snapshots) == {(OVERLAY, "low"), (OVERLAY, "top")}
    assert world.heard() == ["/snapshot/remove"]
    images.delete(world, NS, b"app", sync=True)
    assert not space.content
    assert not space.snapshots
    assert world.heard() == ["/images/delete", "/snapshot/remove", "/snapshot/remove"]


def test_a_root_label_and_a_container_keep_things(world: Told) -> None:
    kept = blob(world, b"kept", root="2026-01-01T00:00:00Z")
    for key in ("web", "other"):
        snapshots.make(world, NS, OVERLAY, key, "", labels={})
    containers.create(world, NS, record(snapshotter=OVERLAY, snapshot_key="web"))
    held = blob(world, b"held")
    refs = {"containerd.io/gc.ref.content": held}
    containers.create(world, NS, labelled(record("labelled"), **refs))
    garbage.collect(world, NS)
    assert set(world.space(NS).content) == {kept, held}
    assert set(world.space(NS).snapshots) == {(OVERLAY, "web")}


@pytest.mark.parametrize("flat", [False, True])
def test_a_lease_keeps_what_was_made_under_it(world: Told, flat: bool) -> None:
    inner = blob(world, b"inner")
    leases.create(world, NS, "l", {"containerd.io/gc.flat": ""} if flat else {})
    refs = {"containerd.io/gc.ref.content.x": inner}
    outer = content.put(world, NS, b"outer", labels=refs, lease="l").digest
    garbage.collect(world, NS)
    assert set(world.space(NS).content) == ({outer} if flat else {outer, inner})
    leases.delete(world, NS, "l", sync=True)
    assert not world.space(NS).content


def test_an_expired_lease_keeps_nothing() -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    world = World(now=lambda: now[0])
    until = (now[0] + timedelta(hours=1)).isoformat(timespec="seconds")
    leases.create(world, NS, "l", {"containerd.io/gc.expire": until})
    content.put(world, NS, b"x", labels={}, lease="l")
    garbage.collect(world, NS)
    assert len(world.space(NS).content) == 1
    now[0] += timedelta(hours=1)
    garbage.collect(world, NS)
    assert not world.space(NS).content
    assert not world.space(NS).leases


def test_snapshots_and_their_children(world: Told) -> None:
    snapshots.make(world, NS, OVERLAY, "a", "", labels={})
    with refusal("INVALID_ARGUMENT"):  # it is not committed
        snapshots.make(world, NS, OVERLAY, "b", "a", labels={})
    snapshots.commit(world, NS, OVERLAY, "base", "a", labels={"x": "y"})
    snapshots.make(world, NS, OVERLAY, "v", "base", labels={}, kind=snapshots_pb2.KIND_VIEW)
    with refusal("FAILED_PRECONDITION"):
        snapshots.remove(world, NS, OVERLAY, "base")
    with refusal("FAILED_PRECONDITION"):
        snapshots.mounts(world, NS, OVERLAY, "base")
    assert [m.type for m in snapshots.mounts(world, NS, OVERLAY, "v")] == ["bind"]
    with refusal("ALREADY_EXISTS"):  # the label says what it is to become: it is there
        ref = {"containerd.io/snapshot.ref": "base"}
        snapshots.make(world, NS, OVERLAY, "again", "", labels=ref)
    snapshots.remove(world, NS, OVERLAY, "v")
    snapshots.remove(world, NS, OVERLAY, "base")
    assert world.heard() == [  # nothing of the view's making
        "/snapshot/prepare",
        "/snapshot/commit",
        "/snapshot/remove",
        "/snapshot/remove",
    ]


def request(action: int = 1, **more: object) -> content_pb2.WriteContentRequest:
    return content_pb2.WriteContentRequest(action=action, ref="r", **more)


def test_a_write_goes_on_where_it_stopped(world: Told) -> None:
    data, digest = b"hello world", content.digest_of(b"hello world")
    writing = ingests.Writing(world, NS, "")
    writing.answers(request(0, total=11, expected=digest))
    assert writing.answers(request(data=data[:5]))[0].offset == 5
    with refusal("UNAVAILABLE"):
        ingests.Writing(world, NS, "").answers(request(0))
    writing.close()
    again = ingests.Writing(world, NS, "")
    assert again.answers(request(0, total=11, expected=digest))[0].offset == 5
    with refusal("OUT_OF_RANGE"):
        again.answers(request(offset=4, data=b"x"))
    again.answers(request(offset=5, data=data[5:]))
    answers = again.answers(request(2, offset=11))
    assert [answer.digest for answer in answers] == [digest, digest]
    assert not world.space(NS).ingests
    assert b"".join(part for _, part in content.read(content.get(world, NS, digest), 0, 0)) == data
    with refusal("ALREADY_EXISTS"):
        ingests.Writing(world, NS, "").answers(request(0, expected=digest))


def test_a_commit_without_its_offset_throws_the_data_away(world: Told) -> None:
    writing = ingests.Writing(world, NS, "")
    writing.answers(request(data=b"abc", total=3))
    with refusal("FAILED_PRECONDITION"):
        writing.answers(request(2))


def test_content_of_another_namespace_is_here_at_once(world: Told) -> None:
    digest = content.digest_of(b"shared")
    World.space(world, "other")
    imaging.put_blob(world, "other", b"shared", {})
    writing = ingests.Writing(world, NS, "")
    assert writing.answers(request(0, total=6, expected=digest))[0].offset == 6
    assert writing.answers(request(2, offset=6))[0].digest == digest
    assert digest in world.space(NS).content


def test_a_lease_holds_an_ingest_and_drops_it(world: Told) -> None:
    leases.create(world, NS, "l", {})
    ingests.Writing(world, NS, "l").answers(request(data=b"x"))
    assert leases.get(world, NS, "l").resources == {("ingests", "r")}
    leases.delete(world, NS, "l", sync=True)
    assert not world.space(NS).ingests


def test_nothing_is_made_under_an_unknown_lease(world: Told) -> None:
    with refusal("NOT_FOUND"):
        snapshots.make(world, NS, OVERLAY, "a", "", labels={}, lease="nope")
    with refusal("NOT_FOUND"):
        ingests.Writing(world, NS, "nope").answers(request(0))
    assert not world.look(NS).snapshots
    assert not world.look(NS).ingests


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 3_000_000])
def test_an_answer_is_put_together_from_bytes(size: int) -> None:
    message = Container(id="i" * size)
    answer = GetContainerResponse.FromString(framed(1, message.SerializeToString()))
    assert answer.container == message


def test_a_list_is_of_one_moment(world: Told) -> None:
    for id in ("a", "b"):
        containers.create(world, NS, record(id))
    found = containers.select(world, NS, [])
    next(found)
    containers.delete(world, NS, "b")
    assert [one.without_spec.id for one in found] == ["b"]
