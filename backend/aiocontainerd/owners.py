"""Whose a container, an image or a namespace is, and what its owner does about a change.

Pure. Kubernetes, Docker, BuildKit and nerdctl keep books of their own about what they have put
into containerd: looking at it is free, but a change behind their backs is undone, or is a fault in
their eyes. Source of the marks: the labels and namespaces of containerd's CRI plugin (`pkg/cri`),
moby (`libcontainerd`), buildkit (`worker/containerd`) and nerdctl (`pkg/labels`).

The labels of docker compose are no mark: an image that it built carries them, and so does every
container that anybody makes from it.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.quickdata import dataclass

PINNED_LABEL = "io.cri-containerd.pinned"
KIND_LABEL = "io.cri-containerd.kind"
# The last part of the name of a pause image, as Kubernetes, its clouds and its small kin call it.
_PAUSE = re.compile(r"(^|/)(mirrored-)?pause(-(amd64|arm64|arm|ppc64le|s390x))?(?=[:@]|$)")


@dataclass(frozen=True, slots=True)
class Owner:
    """Someone who has to be thought of before a change.

    `name` is as people say it, `short` for where there is little room. What belongs to one owner
    in one namespace is unlocked together, by `short`.
    """

    name: str
    short: str
    does: Mapping[str, str] = field(hash=False, compare=False)

    def will(self, verb: str) -> str:
        """What it does about it, one sentence.

        Verbs: stop, kill, start, restart, pause, resume, delete, exec, debug, pull and run (into a
        namespace), delete image; any other one gets a sentence that holds for all.
        """
        return self.does.get(verb) or self.does[""]


def _owner(name: str, short: str, **does: str) -> Owner:
    words = {verb.replace("_", " ").strip(): text for verb, text in does.items()}
    return Owner(name, short, MappingProxyType(words))


def _kubelet(**does: str) -> Owner:
    return _owner("the kubelet", "kubelet", **does)


_AGAIN = "The kubelet will start it again, unless its pod's restart policy says no."
_POD_ENDS = (
    "It holds its pod together: its end is the end of the pod, and the kubelet will make the pod "
    "again, with another address."
)
KUBELET = _kubelet(
    stop=_AGAIN,
    kill=f"If that ends it: {_AGAIN[0].lower()}{_AGAIN[1:]}",
    start="To the kubelet it has ended for good: it will remove it in its time.",
    restart="The kubelet will see it end and start another one beside it.",
    pause="To the kubelet it still runs: a liveness probe that fails will have it killed.",
    delete="The kubelet will make a new one; what this one wrote is lost.",
    exec="The kubelet does not see it: what you change inside is lost when it makes a new one.",
    debug="The kubelet does not see it: what you change inside is lost when it makes a new one.",
    _="The kubelet does not know of it, and may undo it.",
)
SANDBOX = _kubelet(
    stop=_POD_ENDS,
    kill=_POD_ENDS,
    restart=_POD_ENDS,
    delete=_POD_ENDS,
    _="It holds its pod together; the kubelet does not know of it, and may undo it.",
)
_NAMESPACES: Mapping[str, Owner] = MappingProxyType(
    {
        "k8s.io": _kubelet(
            pull="The kubelet will take it for an image of its own, and clear it away when no pod "
            "uses it and space is short.",
            run="The kubelet will not know of it, and may clear away the image that it needs.",
            delete_image="A pod that needs it has to pull it again; one that may not "
            "(imagePullPolicy: Never) will not start.",
            _="The kubelet did not make it, going by its labels, so it will not make it again.",
        ),
        "moby": (
            DOCKERD := _owner(
                "dockerd",
                "dockerd",
                stop="To dockerd it ends by itself: its restart policy may start it again at once.",
                kill="If that ends it, its restart policy in dockerd may start it again at once.",
                start="dockerd will not know that it runs: `docker ps` does not show it.",
                restart="dockerd clears it away when it ends, and may start it again by itself.",
                pause="dockerd will show it as paused; `docker unpause` lets it go on, too.",
                delete="dockerd may believe that it still runs, or start it again by its restart "
                "policy; only `docker rm` removes it from dockerd's books.",
                exec="dockerd does not see it; `docker exec` does the same with its knowledge.",
                debug="dockerd does not see it; the toolbox is a container of containerd alone.",
                delete_image="`docker images` will lose it too, where dockerd keeps its images in "
                "containerd.",
                pull="dockerd will show it only where it keeps its images in containerd.",
                run="dockerd will not know of it: `docker ps` does not show it.",
                _="dockerd does not know of it, and its own books will be wrong.",
            )
        ),
        "buildkit": _owner(
            "buildkitd",
            "buildkit",
            delete="The build whose step it is will fail, and buildkitd's cache records may name a "
            "snapshot that is gone.",
            delete_image="buildkitd's cache records keep what they hold: space may not come back.",
            pull="buildkitd goes by its own cache records: no build will use it.",
            run="buildkitd will not know of it, and will not clear it away.",
            _="The build whose step it is will fail.",
        ),
    }
)
_NAMED_AFTER = {"plugins.moby": "moby", "buildkit_history": "buildkit", "moby_history": "moby"}
NERDCTL = _owner(
    "nerdctl",
    "nerdctl",
    stop="Its network and published ports stay set up: only nerdctl takes them down.",
    kill="If that ends it, the restart policy that nerdctl gave it may start it again.",
    start="nerdctl's own hooks will set up its network; its log goes on where nerdctl keeps it.",
    restart="nerdctl's own hooks will set up its network again; its log goes on.",
    pause="nerdctl will show it as paused.",
    delete="Its name stays taken in nerdctl's store, and its network, hosts entry and anonymous "
    "volumes are left behind.",
    exec="nerdctl does not see it; `nerdctl exec` does the same.",
    debug="nerdctl will show the toolbox among its containers as long as it runs.",
    _="nerdctl does not know of it, and its own store may be wrong afterwards.",
)
_MARKS: tuple[tuple[tuple[str, ...], Owner], ...] = (
    ((KIND_LABEL, "io.kubernetes.pod.", "io.kubernetes.container."), KUBELET),
    (("com.docker/",), DOCKERD),
    (("nerdctl/",), NERDCTL),
)
_ALL_MARKS = tuple(mark for marks, _ in _MARKS for mark in marks)
PINNED = _owner(
    "the CRI plugin",
    "CRI",
    _="It is pinned: the kubelet never clears it away, because pods cannot start without it.",
)
PAUSE = _owner(
    "the CRI plugin",
    "CRI",
    _="Every pod begins with it: without it none starts on this host until it is pulled again.",
)


def owner_in(namespace: str) -> Owner | None:
    """Whose namespace this is; None for one that is the user's own."""
    return _NAMESPACES.get(_NAMED_AFTER.get(namespace, namespace))


def owner_of(container: Container) -> Owner | None:
    """Whose container this is, by its labels, else by its namespace; None if nobody else's."""
    if container.labels.get(KIND_LABEL) == "sandbox":
        return SANDBOX
    marked = [key for key in container.labels if key.startswith(_ALL_MARKS)]
    if marked:
        for marks, owner in _MARKS:
            if any(key.startswith(marks) for key in marked):
                return owner
    return owner_in(container.namespace)


def keeper_of(image: Image, snapshot: Snapshot) -> Owner | None:
    """Who needs this image so that it is protected: pinned, or what pods begin with.

    CRI keeps three records of each image (tag, digest, config): what protects one, protects all
    of its namespace that mean the same.
    """
    same = [
        other
        for other in snapshot.images.values()
        if other.namespace == image.namespace and other.target.digest == image.target.digest
    ]
    same = same or [image]
    if any(other.labels.get(PINNED_LABEL) == "pinned" for other in same):
        return PINNED
    if any(_PAUSE.search(other.name) for other in same):
        return PAUSE
    names = {other.key for other in same}
    begun = any(
        container.image_key in names and container.labels.get(KIND_LABEL) == "sandbox"
        for container in snapshot.containers.values()
        if container.namespace == image.namespace
    )
    return PAUSE if begun else None
