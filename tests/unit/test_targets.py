"""Ids and references to objects: exact, named, begun; absent and ambiguous."""

import pytest

from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Descriptor, Image, Snapshot
from ctdeck.command.targets import find_containers, find_images

LONG = "ab12" + "0" * 60


def container(id: str, namespace: str = "default", name: str = "") -> Container:
    labels = {"nerdctl/name": name} if name else {}
    return Container(namespace, id, "nginx", "runc", "overlayfs", id, labels=labels)


def image(name: str, namespace: str = "default") -> Image:
    return Image(namespace, name, name.encode(), Descriptor("", "", 0))


NGINX = "docker.io/library/nginx:latest"
CONTAINERS = [
    container("web1"),
    container("pod", "k8s.io"),
    container("pod"),
    container(LONG, name="shop"),
]
IMAGES = [image(NGINX), image(NGINX, "k8s.io"), image("ghcr.io/a/b:1")]
WORLD = Snapshot(
    containers={each.key: each for each in CONTAINERS}, images={each.key: each for each in IMAGES}
)


@pytest.mark.parametrize(
    ("text", "id"), [("web1", "web1"), ("shop", LONG), ("ab12", LONG), (LONG, LONG)]
)
def test_containers(text: str, id: str) -> None:
    assert [each.id for each in find_containers(WORLD, None, [text])] == [id]


def test_the_same_one_twice_is_one() -> None:
    assert len(find_containers(WORLD, None, ["shop", "ab12"])) == 1


def test_the_beginning_of_a_name_is_not_the_name() -> None:
    with pytest.raises(NotFound, match="Did you mean web1"):
        find_containers(WORLD, "default", ["web"])


def test_two_namespaces_are_ambiguous_until_one_is_chosen() -> None:
    with pytest.raises(FailedPrecondition, match=r"k8s.io/pod, default/pod.*:ns"):
        find_containers(WORLD, None, ["pod"])
    (found,) = find_containers(WORLD, "k8s.io", ["pod"])
    assert found.namespace == "k8s.io"


def test_what_is_not_here_may_be_elsewhere() -> None:
    with pytest.raises(NotFound, match=r"in namespace k8s.io.*:ns all"):
        find_containers(WORLD, "k8s.io", ["web1"])


def test_images_by_full_and_short_name() -> None:
    assert find_images(WORLD, "k8s.io", ["nginx"])[0].namespace == "k8s.io"
    assert find_images(WORLD, None, ["ghcr.io/a/b:1"])[0].name == "ghcr.io/a/b:1"
    with pytest.raises(FailedPrecondition):
        find_images(WORLD, None, ["nginx"])
    with pytest.raises(NotFound, match=r"Did you mean docker.io/library/nginx:latest"):
        find_images(WORLD, "default", ["nginx:lates"])
