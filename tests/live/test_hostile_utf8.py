"""Names and labels that are not UTF-8, as containerd 1.6 stores them: shown, told apart, deleted.

They are sent as raw requests: no client that checks its text could make them. Later releases
refuse each of them, which is tested as well: else they would belong here.
"""

import asyncio
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from grpc import aio

from aiocontainerd.client import Client
from aiocontainerd.models import Container, Image, Key, Snapshot
from aiocontainerd.operations import delete_container, delete_image, image_plan
from aiocontainerd.operations.defaults import RUNTIME
from aiocontainerd.pb import containers_pb2, images_pb2, leases_pb2, snapshots_pb2
from aiocontainerd.services.leases import EXPIRE_LABEL
from aiocontainerd.state import StateDirectory

from .daemons import Daemon
from .watching import by_ctr, ctr, following

old = pytest.mark.containerd("1.6")
_STAND_IN = "~~"  # in a request, for two bytes that no protobuf field would take


async def raw(
    daemon: Daemon, method: str, request: Message, namespace: str, odd: bytes = b"\xff\xfe"
) -> None:
    """Send the request with `odd` for each stand-in."""
    sent = request.SerializeToString().replace(_STAND_IN.encode(), odd)
    async with aio.insecure_channel(f"unix:{daemon.socket}") as channel:
        call = channel.unary_unary(f"/containerd.services.{method}")
        await call(sent, metadata=(("containerd-namespace", namespace),), timeout=20)


def image(name: str, like: Image, **labels: str) -> images_pb2.CreateImageRequest:
    request = images_pb2.CreateImageRequest()
    request.image.name = name.encode()
    request.image.target.digest = like.target.digest
    request.image.target.media_type = like.target.media_type
    request.image.target.size = like.target.size
    request.image.labels.update(labels)
    return request


def container(id: str, **fields: str) -> containers_pb2.CreateContainerRequest:
    request = containers_pb2.CreateContainerRequest()
    request.container.id = id
    request.container.runtime.name = fields.pop("runtime", RUNTIME)
    request.container.spec.type_url = "types.containerd.io/opencontainers/runtime-spec/1/Spec"
    request.container.spec.value = b"{}"
    for name, value in fields.items():
        setattr(request.container, name, value)
    return request


def named(snapshot: Snapshot, namespace: str, raw_name: bytes) -> Image:
    (found,) = (
        each
        for each in snapshot.images.values()
        if each.namespace == namespace and each.raw_name == raw_name
    )
    return found


@old
async def test_two_image_names_that_look_the_same_are_two_images(
    containerd: Daemon, namespace: str, busybox: str
) -> None:
    """Two bad names, each with a user and bad labels: all is there, and the right one goes."""
    async with following(containerd) as followed:
        like = followed.store.snapshot.images[Key(namespace, busybox)]
        for number, odd in enumerate((b"\xff\xfe", b"\xfe\xff")):
            request = image("twin~~", like, **{"a.b~~": "v~~", "plain": "v~~"})
            await raw(containerd, "images.v1.Images/Create", request, namespace, odd)
            user = container(f"user{number}", image="twin~~")
            await raw(containerd, "containers.v1.Containers/Create", user, namespace, odd)

        def all_there(snapshot: Snapshot) -> bool:
            here = [k for k in (*snapshot.images, *snapshot.containers) if k.namespace == namespace]
            return len(here) == 5

        snapshot = await followed.until(all_there, "3 images and 2 containers")
        first = named(snapshot, namespace, b"twin\xff\xfe")
        second = named(snapshot, namespace, b"twin\xfe\xff")
        assert first.name == second.name == "twin\ufffd\ufffd"
        assert first.key == Key(namespace, r"'twin\xff\xfe'")
        assert dict(first.labels) == {"a.b\ufffd\ufffd": "v\ufffd\ufffd", "plain": "v\ufffd\ufffd"}
        users = [[user.id for user in snapshot.users_of(each)] for each in (first, second)]
        assert users == [["user0"], ["user1"]]
        assert snapshot.containers[Key(namespace, "user0")].image == "twin\ufffd\ufffd"
        plan = await image_plan(followed.client, snapshot, first)
        assert plan.other_names == tuple(sorted((busybox, second.key.id)))
        await delete_image(followed.client, first)
        await followed.until(lambda s: first.key not in s.images, "gone")
        listed = (await ctr(containerd, "images", "ls", "-q", namespace=namespace)).splitlines()
        assert [name.encode(errors="surrogateescape") for name in listed] == [
            busybox.encode(),
            b"twin\xfe\xff",
        ]
        await delete_image(followed.client, second)
        await followed.until(lambda s: second.key not in s.images, "gone too")


@old
async def test_a_container_of_which_nothing_is_utf8_goes_with_its_own_snapshot(
    containerd: Daemon, namespace: str, busybox: str, tmp_path: Path
) -> None:
    """And not with another's that looks the same."""
    state, snapshotter = StateDirectory(tmp_path / "state"), containerd.snapshotter
    alike = "top\ufffd\ufffd"
    for key, odd in (("top~~", b"\xff\xfe"), ("top~~", b"\xfe\xff"), (alike, b"")):
        made = snapshots_pb2.PrepareSnapshotRequest(snapshotter=snapshotter, key=key)
        made.labels.update({"containerd.io/gc.root": "now", "x~~": "y~~"})
        await raw(containerd, "snapshots.v1.Snapshots/Prepare", made, namespace, odd or b"zz")
    odd_one = container(
        "odd", image="i~~", snapshotter=snapshotter, snapshot_key="top~~", runtime=f"{RUNTIME}~~"
    )
    odd_one.container.labels.update({"k~~": "v", "l": "v~~"})
    nowhere = container("nowhere", snapshotter="no~~", snapshot_key="top~~", image="")
    for each in (odd_one, nowhere):
        await raw(containerd, "containers.v1.Containers/Create", each, namespace)
    async with following(containerd) as followed:
        found = {id: await _container(followed.store.snapshot, namespace, id) for id in _IDS}
        assert found["odd"].labels == {"k\ufffd\ufffd": "v", "l": "v\ufffd\ufffd"}
        assert found["odd"].runtime == f"{RUNTIME}\ufffd\ufffd"
        assert found["nowhere"].snapshotter == "no\ufffd\ufffd"
        for each in found.values():
            await delete_container(followed.client, each, state=state)
        await followed.until(
            lambda s: not [key for key in s.containers if key.namespace == namespace], "all gone"
        )
        rows = await ctr(
            containerd, "snapshots", "--snapshotter", snapshotter, "ls", namespace=namespace
        )
        left = {row.split()[0].encode(errors="surrogateescape") for row in rows.splitlines()[1:]}
        assert {name for name in left if name.startswith(b"top")} == {
            b"top\xfe\xff",
            alike.encode(),
        }
        for key in (b"top\xfe\xff", alike):
            await followed.client.snapshots.remove(
                key, snapshotter=snapshotter, namespace=namespace
            )


_IDS = ("odd", "nowhere")


async def _container(snapshot: Snapshot, namespace: str, id: str) -> Container:
    return snapshot.containers[Key(namespace, id)]


@old
async def test_a_lease_that_is_not_utf8_counts_and_goes(
    containerd: Daemon, namespace: str, busybox: str, client: Client
) -> None:
    for odd in (b"\xff\xfe", b"\xfe\xff"):
        made = leases_pb2.CreateRequest(id="lease~~", labels={"k~~": "v~~", EXPIRE_LABEL: "~~"})
        await raw(containerd, "leases.v1.Leases/Create", made, namespace, odd)
    await client.leases.create(namespace=namespace, id="even")
    listed = await client.leases.list(namespace=namespace)
    assert sorted(lease.id for lease in listed) == ["even", *2 * ["lease\ufffd\ufffd"]]
    (first,) = (lease for lease in listed if lease.raw_id == b"lease\xff\xfe")
    assert first.labels["k\ufffd\ufffd"] == "v\ufffd\ufffd"
    assert await client.leases.resources(first.raw_id, namespace=namespace) == ()
    await client.leases.delete(first.raw_id, namespace=namespace)
    left = await asyncio.to_thread(containerd.ctr, "leases", "ls", "-q", namespace=namespace)
    assert {line.encode(errors="surrogateescape") for line in left.splitlines()} == {
        b"even",
        b"lease\xfe\xff",
    }


@pytest.mark.containerd("1.7", "2")
async def test_later_releases_refuse_what_is_not_utf8(
    containerd: Daemon, namespace: str, busybox: str, client: Client
) -> None:
    like = await client.images.get(busybox, namespace=namespace)
    requests = {
        "images.v1.Images/Create": image("bad~~", like),
        "containers.v1.Containers/Create": container("c", image="bad~~"),
        "leases.v1.Leases/Create": leases_pb2.CreateRequest(id="bad~~"),
    }
    for method, request in requests.items():
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await raw(containerd, method, request, namespace)
        assert "UTF-8" in (refusal.value.details() or "")


async def test_a_container_of_a_snapshotter_that_is_not_there_goes(
    containerd: Daemon, namespace: str, busybox: str, client: Client, tmp_path: Path
) -> None:
    request = container("lost", snapshotter="absent", snapshot_key="lost")
    await raw(containerd, "containers.v1.Containers/Create", request, namespace)
    (lost,) = await client.containers.list(namespace=namespace)
    await delete_container(client, lost, state=StateDirectory(tmp_path / "state"))
    assert not by_ctr(containerd, namespace).containers
