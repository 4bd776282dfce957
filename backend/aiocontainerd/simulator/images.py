"""Image records: containerd `metadata/images.go`. Names are bytes, see pb/images.proto."""

from collections.abc import Iterator, Sequence

from aiocontainerd.pb import images_pb2 as pb
from aiocontainerd.pb import types_pb2
from aiocontainerd.simulator import garbage
from aiocontainerd.simulator.filters import Adaptor
from aiocontainerd.simulator.refusals import Refused, already_exists, invalid, not_found
from aiocontainerd.simulator.rules import (
    adaptor,
    check_digest,
    check_labels,
    chosen,
    drop_empty,
    set_labels,
)
from aiocontainerd.simulator.world import World


def get(world: World, namespace: str, name: bytes) -> pb.Image:
    """Raises Refused NOT_FOUND."""
    image = world.look(namespace).images.get(name)
    if image is None:
        raise not_found(f'image "{_text(name)}"')
    return image


def select(world: World, namespace: str, filters: Sequence[str]) -> Iterator[pb.Image]:
    """Sorted by name."""
    images = world.look(namespace).images
    return chosen((images[name] for name in sorted(images)), filters, _adapted)


def create(world: World, namespace: str, wanted: pb.Image) -> pb.Image:
    """Publishes /images/create; whether the target exists is not checked. Raises Refused."""
    _check(wanted)
    space = world.space(namespace)
    if wanted.name in space.images:
        raise already_exists(f'image "{_text(wanted.name)}"')
    image = pb.Image()
    image.CopyFrom(wanted)
    drop_empty(image.labels)
    stamp = world.stamp()
    image.created_at.CopyFrom(stamp)
    image.updated_at.CopyFrom(stamp)
    space.images[image.name] = image
    event = pb.ImageCreate(name=image.name, labels=dict(image.labels))
    world.publish(namespace, "/images/create", event)
    return image


def update(world: World, namespace: str, wanted: pb.Image, paths: Sequence[str]) -> pb.Image:
    """Publishes /images/update. Without `paths`, labels and target. Raises Refused."""
    _check_name(wanted)
    image = pb.Image()
    image.CopyFrom(get(world, namespace, wanted.name))
    for path in paths or ("labels", "target"):
        _set(image, wanted, path)
    _check(image)
    image.updated_at.CopyFrom(world.stamp())
    world.space(namespace).images[image.name] = image
    event = pb.ImageUpdate(name=image.name, labels=dict(image.labels))
    world.publish(namespace, "/images/update", event)
    return image


def delete(
    world: World,
    namespace: str,
    name: bytes,
    *,
    sync: bool = False,
    target: types_pb2.Descriptor | None = None,
) -> None:
    """Publishes /images/delete; `sync` waits for the collection. Raises Refused NOT_FOUND."""
    image = get(world, namespace, name)
    if target is not None and target.digest != image.target.digest:
        raise not_found(
            f'image "{_text(name)}" has target {image.target.digest}, not {target.digest}'
        )
    del world.space(namespace).images[name]
    world.publish(namespace, "/images/delete", pb.ImageDelete(name=name))
    if sync:
        garbage.collect(world, namespace)
    else:
        garbage.soon(world, namespace)


def _check(image: pb.Image) -> None:
    _check_name(image)
    check_labels(image.labels, "image.Labels")
    check_digest(image.target.digest, f'Target.Digest "{image.target.digest}" invalid')
    if image.target.size <= 0:
        raise invalid("Target.Size must be greater than zero")
    if not image.target.media_type:
        raise invalid("Target.MediaType must be set")


def _check_name(image: pb.Image) -> None:
    if not image.name:
        raise Refused("INVALID_ARGUMENT", "Image.Name required")


def _set(image: pb.Image, wanted: pb.Image, path: str) -> None:
    head = path.partition(".")[0]
    if head == "labels":
        set_labels(image.labels, wanted.labels, [path])
    elif path == "target":
        image.target.CopyFrom(wanted.target)
    elif head == "annotations":
        set_labels(image.target.annotations, wanted.target.annotations, [f"labels{path[11:]}"])
    else:
        raise invalid(f'cannot update "{path}" field on image "{_text(image.name)}"')


def _adapted(image: pb.Image) -> Adaptor:
    values = {
        "name": _text(image.name),
        "target.digest": image.target.digest,
        "target.mediatype": image.target.media_type,
    }
    values |= {f"annotations.{key}": text for key, text in image.target.annotations.items()}
    return adaptor(values, image.labels)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
