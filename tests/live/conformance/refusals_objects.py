"""Odd requests about containers, tasks, images, namespaces and events."""

from aiocontainerd.pb import (
    containers_pb2,
    events_pb2,
    images_pb2,
    namespaces_pb2,
    tasks_pb2,
)

from .refusing import LONG, Call, mask, target

# Which call, with what, and the newest daemon's answer: the kind of error and its words, "" for
# none. There are a container c, an image i, a lease l, snapshots base and top, and one blob.
OBJECTS: tuple[Call, ...] = (
    (
        "containers.Get",
        containers_pb2.GetContainerRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    (
        "containers.Delete",
        containers_pb2.DeleteContainerRequest(),
        "NotFound: container : not found",
    ),
    (
        "containers.Delete",
        containers_pb2.DeleteContainerRequest(id="a b"),
        "NotFound: container a b: not found",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c"), update_mask=mask("labels.", "image")
        ),
        "",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c", labels=LONG), update_mask=mask("labels")
        ),
        (
            "InvalidArgument: update failed validation: containers.Labels: label key and "
            "value length (4097 bytes) greater than maximum size (4096 bytes), key: k: "
            "invalid argument"
        ),
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(container=containers_pb2.Container(id="c")),
        "InvalidArgument: container.Runtime.Name field is immutable: invalid argument",
    ),
    (
        "containers.Update",
        containers_pb2.UpdateContainerRequest(
            container=containers_pb2.Container(id="c"), update_mask=mask("snapshotter")
        ),
        'InvalidArgument: cannot update "snapshotter" field on "c": invalid argument',
    ),
    ("images.Get", images_pb2.GetImageRequest(), 'NotFound: image "": not found'),
    ("images.Delete", images_pb2.DeleteImageRequest(), 'NotFound: image "": not found'),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(image=images_pb2.Image(name=b"i", target=target())),
        "",
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target()), update_mask=mask("name")
        ),
        'InvalidArgument: cannot update "name" field on image "i": invalid argument',
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"nothing", target=target()), update_mask=mask("target")
        ),
        'NotFound: image "nothing": not found',
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target(), labels=LONG),
            update_mask=mask("labels"),
        ),
        (
            "InvalidArgument: image.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    (
        "images.Update",
        images_pb2.UpdateImageRequest(
            image=images_pb2.Image(name=b"i", target=target(digest="")),
            update_mask=mask("target"),
        ),
        (
            'InvalidArgument: Target.Digest "" invalid: invalid checksum digest format: '
            "invalid argument"
        ),
    ),
    (
        "images.Create",
        images_pb2.CreateImageRequest(
            image=images_pb2.Image(name=b"j", target=target(), labels=LONG)
        ),
        (
            "InvalidArgument: image.Labels: label key and value length (4097 bytes) "
            "greater than maximum size (4096 bytes), key: k: invalid argument"
        ),
    ),
    (
        "namespaces.Create",
        namespaces_pb2.CreateNamespaceRequest(namespace=namespaces_pb2.Namespace(name="a b")),
        (
            'InvalidArgument: identifier "a b" must match '
            "^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: invalid argument"
        ),
    ),
    ("namespaces.Get", namespaces_pb2.GetNamespaceRequest(name="a b"), ""),
    (
        "namespaces.Delete",
        namespaces_pb2.DeleteNamespaceRequest(),
        'NotFound: namespace "": not found',
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(topic="no-slash"),
        ("InvalidArgument: envelope topic \"no-slash\": must start with '/': invalid argument"),
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(),
        'InvalidArgument: envelope topic "": must not be empty: invalid argument',
    ),
    (
        "events.Publish",
        events_pb2.PublishRequest(topic="/a b/c"),
        (
            'InvalidArgument: envelope topic "/a b/c": failed validation on component "a '
            'b": identifier "a b" must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: '
            "invalid argument"
        ),
    ),
    (
        "tasks.Create",
        tasks_pb2.CreateTaskRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    (
        "tasks.Get",
        tasks_pb2.GetRequest(),
        'NotFound: container "" in namespace "NAMESPACE": not found',
    ),
    ("tasks.Delete", tasks_pb2.DeleteTaskRequest(container_id="c"), "NotFound: task c not found"),
)
