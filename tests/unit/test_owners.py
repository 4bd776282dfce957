"""Whose a container, an image or a namespace is, and what its owner does about a change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.owners import (
    DOCKERD,
    KUBELET,
    NERDCTL,
    PAUSE,
    PINNED,
    SANDBOX,
    Owner,
    keeper_of,
    owner_in,
    owner_of,
)
from tests.tui.worlds import container, image, snapshot

VERBS = ("stop", "kill", "start", "restart", "pause", "resume", "delete", "exec", "prune")
INTO = ("pull", "run", "delete image")


def made(namespace: str = "default", **labels: str) -> Container:
    return container("c", namespace=namespace, labels=labels)


@pytest.mark.parametrize(
    ("labels", "owner"),
    [
        ({"io.cri-containerd.kind": "container"}, KUBELET),
        ({"io.cri-containerd.kind": "sandbox"}, SANDBOX),
        ({"io.kubernetes.pod.name": "web"}, KUBELET),
        ({"io.kubernetes.container.name": "app", "a": "b"}, KUBELET),
        ({"com.docker/engine.bundle.path": "/run/x"}, DOCKERD),
        ({"nerdctl/name": "db", "com.docker.compose.project": "shop"}, NERDCTL),
        ({"com.docker.compose.project": "from the image that compose built"}, None),
        ({"maintainer": "x", "io.kubernetes.display-name": "of an image"}, None),
        ({}, None),
    ],
)
def test_labels_show_whose_it_is_in_any_namespace(
    labels: dict[str, str], owner: Owner | None
) -> None:
    assert owner_of(made(**labels)) is owner


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("k8s.io", "the kubelet"),
        ("moby", "dockerd"),
        ("plugins.moby", "dockerd"),
        ("buildkit", "buildkitd"),
        ("buildkit_history", "buildkitd"),
        ("moby_history", "dockerd"),
    ],
)
def test_the_namespaces_of_others_are_theirs_without_a_label(namespace: str, name: str) -> None:
    owner = owner_of(made(namespace))
    assert owner is owner_in(namespace)
    assert owner is not None
    assert owner.name == name


def test_labels_say_more_than_the_namespace() -> None:
    assert owner_of(made("k8s.io", **{"io.cri-containerd.kind": "container"})) is KUBELET
    unlabelled = owner_of(made("k8s.io"))
    assert unlabelled is not None
    assert "will not make it again" in unlabelled.will("delete")


def test_our_own_namespaces_are_nobody_elses() -> None:
    assert owner_in("default") is None
    assert owner_in("K8S.IO") is None


def test_each_owner_says_what_it_will_do_in_whole_sentences() -> None:
    spaces = [owner for name in ("k8s.io", "moby", "buildkit") if (owner := owner_in(name))]
    for owner in (KUBELET, SANDBOX, NERDCTL, PINNED, PAUSE, *spaces):
        for verb in (*VERBS, *(INTO if owner in spaces else ())):
            text = owner.will(verb)
            assert text.endswith("."), (owner.name, verb)
            assert len(text) < 170, (owner.name, verb)


def test_what_the_owners_do() -> None:
    assert "start it again" in KUBELET.will("stop")
    assert "make a new one" in KUBELET.will("delete")
    assert "end of the pod" in SANDBOX.will("stop")
    assert "believe that it still runs" in DOCKERD.will("delete")
    assert "restart policy" in DOCKERD.will("stop")
    assert "name stays taken" in NERDCTL.will("delete")
    buildkit = owner_in("buildkit")
    assert buildkit is not None
    assert "cache records" in buildkit.will("delete")


# Images


def held(*images: Image, containers: list[Container] | None = None) -> Snapshot:
    return snapshot(images=list(images), containers=containers)


@pytest.mark.parametrize(
    "name",
    [
        "registry.k8s.io/pause:3.10",
        "k8s.gcr.io/pause-amd64:3.1",
        "docker.io/rancher/mirrored-pause:3.6",
        "mcr.microsoft.com/oss/kubernetes/pause:3.9",
        "registry.k8s.io/pause@sha256:" + "0" * 64,
    ],
)
def test_pause_images_are_known_by_their_names(name: str) -> None:
    pause = image(name, "k8s.io")
    assert keeper_of(pause, held(pause)) is PAUSE


@pytest.mark.parametrize(
    "name", ["docker.io/me/pausebutton:1", "docker.io/me/nopause:1", "docker.io/pause/web:1"]
)
def test_others_are_not(name: str) -> None:
    other = image(name)
    assert keeper_of(other, held(other)) is None


def test_pinned_ones_are_protected_by_all_their_names() -> None:
    pinned = replace(image("a.test/x:1", "k8s.io"), labels={"io.cri-containerd.pinned": "pinned"})
    by_digest = replace(image("a.test/x@sha256:1", "k8s.io"), target=pinned.target)
    elsewhere = replace(image("a.test/x:1"), target=pinned.target)
    world = held(pinned, by_digest, elsewhere)
    assert keeper_of(pinned, world) is PINNED
    assert keeper_of(by_digest, world) is PINNED
    assert keeper_of(elsewhere, world) is None


def test_what_a_sandbox_was_made_from_is_a_pause_image_by_any_name() -> None:
    odd = image("a.test/infra:7", "k8s.io")
    labels = {"io.cri-containerd.kind": "sandbox"}
    pod = container("p", odd.name, "k8s.io", labels=labels)
    assert keeper_of(odd, held(odd)) is None
    assert keeper_of(odd, held(odd, containers=[pod])) is PAUSE
    alike = container("p", odd.name, labels=labels)  # in another namespace
    assert keeper_of(odd, held(odd, containers=[alike])) is None
