"""Containers and images: making, changing, finding and deleting their records."""

import pytest

from aiocontainerd.errors import AlreadyExists, InvalidArgument, NotFound
from aiocontainerd.models import Descriptor
from aiocontainerd.pb import containers_pb2, containers_pb2_grpc, images_pb2, images_pb2_grpc

from .there import MISSING, There

TARGET = Descriptor("application/vnd.oci.image.manifest.v1+json", MISSING, 7)


def container_stub(there: There) -> containers_pb2_grpc.ContainersStub:
    return there.client.channel.stub(containers_pb2_grpc.ContainersStub)


async def update(there: There, container: containers_pb2.Container, *paths: str) -> object:
    request = containers_pb2.UpdateContainerRequest(container=container)
    request.update_mask.paths.extend(paths)
    return await there.client.channel.unary(
        container_stub(there).Update, request, namespace=there.namespace
    )


async def test_a_container_record(there: There) -> None:
    containers, namespace = there.client.containers, there.namespace
    await there.create("c", labels={"a": "1", "b.c/d": "2"}, image="some")
    record = await containers.get_record("c", namespace=namespace)
    assert (record.id, record.image, dict(record.labels)) == ("c", "some", {"a": "1", "b.c/d": "2"})
    assert record.spec == there.record("c").spec
    assert record.created_at == record.updated_at
    assert record.created_at.seconds > 0
    text = 'container "c": already exists'
    await there.refuses(there.create("c"), AlreadyExists, text)
    await containers.delete("c", namespace=namespace)
    await there.refuses(
        containers.delete("c", namespace=namespace), NotFound, "container c: not found"
    )
    text = f'container "c" in namespace "{namespace}": not found'
    await there.refuses(containers.get("c", namespace=namespace), NotFound, text)


RULE = "must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$"
BAD_IDS = {
    "": "identifier must not be empty",
    **{id: f'identifier "{id}" {RULE}' for id in ("a b", "-a", "a--b", "a/b")},
    "a" * 77: f'identifier "{"a" * 77}" greater than maximum length (76 characters)',
}


@pytest.mark.parametrize("id", BAD_IDS)
async def test_identifiers(there: There, id: str) -> None:
    record = there.record("c")
    record.id = id
    text = f"create container failed validation: container.ID: {BAD_IDS[id]}: invalid argument"
    call = there.client.containers.create(record, namespace=there.namespace)
    await there.refuses(call, InvalidArgument, text)
    record.id = "a" * 76
    await there.client.containers.create(record, namespace=there.namespace)


async def test_what_a_container_must_have(there: There) -> None:
    create, namespace = there.client.containers.create, there.namespace
    without = there.record("c")
    without.ClearField("spec")
    if there.name == "1.6":
        await there.refuses(create(without, namespace=namespace), InvalidArgument)
    else:  # a sandbox's container needs none
        await create(without, namespace=namespace)
        await there.client.containers.delete("c", namespace=namespace)
    without = there.record("c")
    without.ClearField("runtime")
    before = "create container failed validation: container"
    text = f"{before}.Runtime.Name must be set: invalid argument"
    await there.refuses(create(without, namespace=namespace), InvalidArgument, text)
    without = there.record("c", snapshot_key="k")
    text = f"{before}.Snapshotter must be set if container.SnapshotKey is set: invalid argument"
    await there.refuses(create(without, namespace=namespace), InvalidArgument, text)
    long = there.record("c", labels={"k": "v" * 4096})
    text = (
        f"{before}s.Labels: label key and value length (4097 bytes) greater than maximum size "
        "(4096 bytes), key: k: invalid argument"
    )
    await there.refuses(create(long, namespace=namespace), InvalidArgument, text)
    assert await there.client.containers.list(namespace=namespace) == []


async def test_update_masks_of_a_container(there: There) -> None:
    containers, namespace = there.client.containers, there.namespace
    await there.create("c", labels={"a": "1", "b.c/d": "2", "e": "3"}, image="old")

    async def labels() -> dict[str, str]:
        return dict((await containers.get_record("c", namespace=namespace)).labels)

    await containers.set_labels("c", {"b.c/d": "", "f": "4"}, namespace=namespace)
    assert await labels() == {"a": "1", "e": "3", "f": "4"}
    change = there.record("c", "true", labels={"z": "9"}, image="new")
    await update(there, change, "labels")
    assert await labels() == {"z": "9"}
    await update(there, change, "image", "spec")
    found = await containers.get_record("c", namespace=namespace)
    assert (found.image, found.spec) == ("new", change.spec)
    assert (found.updated_at.seconds, found.updated_at.nanos) > (
        found.created_at.seconds,
        found.created_at.nanos,
    )
    for path in ("snapshot_key", "runtime", "nonsense"):
        text = f'cannot update "{path}" field on "c": invalid argument'
        await there.refuses(update(there, change, path), InvalidArgument, text)
    await update(there, change, "snapshotkey")
    gone = there.record("gone")
    await there.refuses(update(there, gone, "labels"), NotFound, 'container "gone": not found')
    change.labels.clear()
    await update(there, change)
    assert await labels() == {}


async def test_lists_and_their_filters(there: There) -> None:
    containers, namespace = there.client.containers, there.namespace
    await there.create("c2", image="two", labels={"a.b/c": "x"})
    await there.create("c1", image="one", labels={"plain": "y"})
    await there.create("d1", image="one")

    async def ids(*filters: str) -> list[str]:
        return [each.id for each in await containers.list(namespace=namespace, filters=filters)]

    assert await ids() == ["c1", "c2", "d1"]
    assert await ids("id==c1") == ["c1"]
    assert await ids("id!=c1") == ["c2", "d1"]
    assert await ids("id~=^c") == ["c1", "c2"]
    assert await ids("id~=^c,image==one") == ["c1"]
    assert await ids("id==c1", "id==d1") == ["c1", "d1"]
    assert await ids('labels."a.b/c"') == ["c2"]
    assert await ids('labels."a.b/c"==x') == ["c2"]
    assert await ids("labels.plain==y") == ["c1"]
    assert await ids("labels.plain!=y") == ["c2", "d1"]
    assert await ids("runtime.name==io.containerd.runc.v2") == ["c1", "c2", "d1"]
    assert await ids('id=="c1"') == ["c1"]
    assert await ids("id~=/^d/") == ["d1"]
    assert await ids("nonsense==1") == []
    assert await ids("id~=/(/") == []  # what is no regular expression matches nothing
    bad = {
        "id=": '[id >|=|< ]: unsupported operator "="',
        "id==c1,": "[id==c1,]: expected field or quoted",
        "==c1": "[ >|=|< =c1]: expected field or quoted",
    }
    for text, words in bad.items():
        whole = f"filters: parse error: {words}: invalid argument: invalid argument"
        await there.refuses(ids(text), InvalidArgument, whole)


async def test_list_and_list_stream_are_the_same(there: There) -> None:
    await there.create("c1", labels={"a": "b"})
    await there.create("c2")
    stub, namespace = container_stub(there), there.namespace
    request = containers_pb2.ListContainersRequest()
    channel = there.client.channel
    listed = await channel.unary(stub.List, request, namespace=namespace)
    streamed = [
        each async for each in channel.stream(stub.ListStream, request, namespace=namespace)
    ]
    assert [each.container for each in streamed] == list(listed.containers)
    assert len(listed.containers) == 2


async def test_an_image_record(there: There) -> None:
    images, namespace = there.client.images, there.namespace
    name = "docker.io/library/some:1"
    made = await images.put(name, TARGET, namespace=namespace, labels={"a": "1"})
    assert (made.name, made.target, dict(made.labels)) == (name, TARGET, {"a": "1"})
    other = Descriptor(TARGET.media_type, "sha256:" + "1" * 64, 8)
    await images.put(name, other, namespace=namespace, labels={"b": "2"})
    found = await images.get(name, namespace=namespace)
    assert (found.target, dict(found.labels)) == (other, {"a": "1", "b": "2"})
    await images.delete(name, namespace=namespace)
    text = f'image "{name}": not found'
    await there.refuses(images.get(name, namespace=namespace), NotFound, text)
    await there.refuses(images.delete(name, namespace=namespace), NotFound, text)


async def test_what_an_image_must_have(there: There) -> None:
    stub = there.client.channel.stub(images_pb2_grpc.ImagesStub)

    async def create(name: bytes, **target: object) -> object:
        image = images_pb2.Image(name=name)
        for field, value in target.items():
            setattr(image.target, field, value)
        request = images_pb2.CreateImageRequest(image=image)
        return await there.client.channel.unary(stub.Create, request, namespace=there.namespace)

    def no_digest(text: str) -> str:
        return f'Target.Digest "{text}" invalid: invalid checksum digest format: invalid argument'

    whole = {"media_type": "x", "digest": MISSING, "size": 1}
    await there.refuses(create(b"", **whole), InvalidArgument, "Image.Name required")
    bad = {
        no_digest(""): {**whole, "digest": ""},
        no_digest("rubbish"): {**whole, "digest": "rubbish"},
        "Target.Size must be greater than zero: invalid argument": {**whole, "size": 0},
        "Target.MediaType must be set: invalid argument": {**whole, "media_type": ""},
    }
    for text, target in bad.items():
        await there.refuses(create(b"i", **target), InvalidArgument, text)
    await create(b"i", **whole)
    await there.refuses(create(b"i", **whole), AlreadyExists, 'image "i": already exists')


@pytest.mark.targets("1.6", "simulator")
async def test_an_image_name_that_is_not_utf_8(there: There) -> None:
    """Only 1.6 takes one; the simulator does, for the tests of what has to live with it."""
    images, namespace = there.client.images, there.namespace
    raw = b"odd\xff\xfename:1"
    await images.put(raw, TARGET, namespace=namespace)
    await images.put("even:1", TARGET, namespace=namespace)
    assert {each.raw_name for each in await images.list(namespace=namespace)} == {raw, b"even:1"}
    await images.delete(raw, namespace=namespace)
    assert [each.name for each in await images.list(namespace=namespace)] == ["even:1"]


async def test_filters_of_images(there: There) -> None:
    images, namespace = there.client.images, there.namespace
    await images.put("host/b:1", TARGET, namespace=namespace, labels={"x.y/z": "1"})
    await images.put("host/a:1", TARGET, namespace=namespace)

    async def names(*filters: str) -> list[str]:
        return [each.name for each in await images.list(namespace=namespace, filters=filters)]

    assert await names() == ["host/a:1", "host/b:1"]
    assert await names("name==host/a:1") == ["host/a:1"]
    assert await names(f"target.digest=={MISSING}") == ["host/a:1", "host/b:1"]
    assert await names('labels."x.y/z"==1') == ["host/b:1"]
    assert await names(f'target.mediatype=="{TARGET.media_type}"') == ["host/a:1", "host/b:1"]


async def test_an_image_is_deleted_only_while_it_means_that(there: There) -> None:
    images, namespace = there.client.images, there.namespace
    await images.put("i", TARGET, namespace=namespace)
    other = Descriptor(TARGET.media_type, "sha256:" + "1" * 64, 8)
    if there.newest:  # before 2.0 the target is passed over
        call = images.delete("i", namespace=namespace, target=other)
        text = f'image "i" has target {MISSING}, not {other.digest}: not found'
        await there.refuses(call, NotFound, text)
    await images.delete("i", namespace=namespace, target=TARGET)
