"""What a person mounted stands before what engines mount for each container."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiocontainerd.models import Mount
from ctdeck.listings import mounts
from ctdeck.mountkinds import Kind, kind_of
from tests.tui.worlds import container, snapshot

POD = "/var/lib/kubelet/pods/8f1c"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/srv/www", Kind.USERS),
        ("/", Kind.USERS),
        ("/etc", Kind.USERS),
        ("/runner/cache", Kind.USERS),
        ("/var/lib/docker/volumes/db/_data", Kind.USERS),
        ("/var/lib/nerdctl/1935db59/volumes/default/db/_data", Kind.USERS),
        ("/var/lib/nerdctl/1935db59/containers/default/0a/resolv.conf", Kind.ENGINES),
        (f"{POD}/volumes/kubernetes.io~projected/kube-api-access-x", Kind.ENGINES),
        (f"{POD}/etc-hosts", Kind.ENGINES),
        ("/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/shm", Kind.ENGINES),
        ("/run", Kind.ENGINES),
        ("/sys/fs/cgroup", Kind.ENGINES),
    ],
)
def test_whose_a_bind_is(source: str, kind: Kind) -> None:
    assert kind_of(Mount("/x", "bind", source, ("rbind",))) is kind


def test_a_hundred_mounts_of_pods_do_not_bury_what_a_person_mounted() -> None:
    pods = [
        replace(
            container(f"a{number:02}", namespace="k8s.io"),
            mounts=(
                Mount("/proc", "proc", "proc", ()),
                Mount("/etc/hosts", "bind", f"{POD}/etc-hosts", ("rbind",)),
            ),
        )
        for number in range(51)
    ]
    mine = replace(container("web1"), mounts=(Mount("/www", "bind", "/srv/www", ("rbind", "ro")),))
    world = snapshot(containers=[*pods, mine])
    keys = mounts.MOUNTS.keys(world, None)
    rows = list(mounts.MOUNTS.rows(world, keys))
    assert [row.mount.source for row in rows[:2]] == ["/srv/www", f"{POD}/etc-hosts"]  # type: ignore[union-attr]
    assert [row.mount.type for row in rows].count("proc") == 51  # type: ignore[union-attr]
    assert keys == sorted(keys, key=lambda key: mounts.MOUNTS.order(world, key))
