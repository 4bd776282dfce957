"""What a prune would take: nerdctl's rules, what is protected, what is not ticked by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aiocontainerd.disk.plan import Group, Item, is_dangling, plan, together
from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import Survey, Thing, blob
from aiocontainerd.models import Container, Image, Snapshot, TaskStatus
from aiocontainerd.owners import PINNED_LABEL, Owner
from tests.tui.disks import digest, survey
from tests.tui.worlds import NOW, ago, container, image, snapshot, task, world


def nobody(namespace: str, owner: Owner | None) -> str:
    return ""


def owners(namespace: str, owner: Owner | None) -> str:
    return owner.name if owner else ""


def planned(here: Snapshot, found: Survey | None = None, **more: object) -> dict[str, Item]:
    report = Report.of(found or survey(here))
    values: dict[str, object] = {"locks": owners, "now": NOW, **more}
    return {item.node.key: item for item in plan(report, here, **values)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "dangling"),
    [
        ("docker.io/library/nginx:1.27", False),
        ("localhost:5000/x:1", False),
        ("localhost:5000/x", True),
        ("docker.io/library/nginx@sha256:0123", True),
        ("sha256:0123", True),
        ("moby-dangling@sha256:0123", True),
    ],
)
def test_a_name_without_a_tag_dangles(name: str, dangling: bool) -> None:
    assert is_dangling(name) is dangling


def test_what_could_go_and_what_not() -> None:
    items = planned(world())
    assert items["batch-20261123"].group is Group.CONTAINERS
    assert items["never-started"].is_wanted
    assert not {"web1", "db", "web2"} & items.keys()  # running or paused
    service = "ghcr.io/some-organisation/very-long-team-name/service:2026.11.23"
    assert items[service].group is Group.UNUSED
    assert items[service].frees == 412_000_000 + 1_030_000_000 + 1_003
    assert "docker.io/library/nginx:1.27" not in items
    assert items["registry.k8s.io/pause:3.10"].locked
    assert items[digest("old layer")].group is Group.CONTENT
    assert items["crashed"].group is Group.LEASES
    assert "build-12" not in items


def test_what_may_be_in_use_is_not_ticked() -> None:
    fresh = container("fresh", created_at=ago(minutes=2))
    again = container("again", labels={"containerd.io/restart.status": "running"})
    made = container("made")
    alias = replace(image("docker.io/library/nginx:1.27"), name="docker.io/library/nginx:alias")
    new = replace(image("new:1"), created_at=ago(minutes=1))
    here = snapshot(
        [image("docker.io/library/nginx:1.27"), alias, new],
        [container("web1"), fresh, again, made],
        [task("web1", TaskStatus.RUNNING), task("made", TaskStatus.CREATED)],
    )
    items = planned(here)
    for name in ("fresh", "again", "made", alias.name, "new:1"):
        assert not items[name].is_wanted, name
        assert items[name].note, name


@pytest.mark.parametrize(
    ("minutes", "note"), [(9, "ended less than 10 min ago"), (11, "")], ids=["just now", "before"]
)
def test_what_ended_just_now_is_not_ticked_however_old_it_is(minutes: int, note: str) -> None:
    ended = replace(task("job", TaskStatus.STOPPED), exited_at=ago(minutes=minutes))
    made = ago(hours=3) if note else ago(minutes=5)  # it cannot be, and is not looked at
    here = snapshot(containers=[container("job", created_at=made)], tasks=[ended])
    assert planned(here)["job"].note == note


def test_what_is_somebody_elses_is_locked() -> None:
    labels = {"io.cri-containerd.kind": "container"}
    theirs = container("pod", namespace="k8s.io", labels=labels)
    pinned = replace(image("my:1"), labels={PINNED_LABEL: "pinned"})
    here = snapshot([image("x:1", "k8s.io"), pinned], [theirs])
    items = planned(here)
    assert items["pod"].locked == items["x:1"].locked == "the kubelet"
    assert items["my:1"].locked == "pods need it"
    free = planned(here, locks=nobody)
    assert not free["pod"].locked
    assert free["my:1"].locked  # no unlock of an owner opens it


def test_young_content_and_what_could_not_be_read_are_left_alone() -> None:
    young = Thing(blob("default", "sha256:1"), 5, NOW - timedelta(minutes=59))
    old = Thing(blob("default", "sha256:2"), 5, NOW - timedelta(minutes=61))
    found = Survey(NOW, {thing.node: thing for thing in (young, old)})
    assert planned(snapshot(), found).keys() == {"sha256:2"}
    assert not planned(snapshot(), replace(found, problems={"default": "no answer"}))


def test_one_namespace_and_the_order() -> None:
    here = world()
    items = list(planned(here, scope="k8s.io").values())
    assert {item.node.namespace for item in items} == {"k8s.io"}
    groups = [item.group for item in planned(here).values()]
    assert groups == sorted(groups, key=list(Group).index)


def test_together_counts_what_is_shared_once() -> None:
    one, two = image("one:1"), replace(image("one:1"), name="two:1")
    here = snapshot([one, two])
    items = planned(here)
    names = [items["one:1"], items["two:1"]]
    report = Report.of(survey(here))
    assert [item.frees for item in names] == [0, 0]
    assert together(report, names) == 20_000_000 + 50_000_000 + 1_001
    assert together(report, [*names, items[digest("old layer")]]) == 31_000_000 + 70_001_001


def test_the_kinds_of_what_is_planned() -> None:
    assert {type(item.what) for item in planned(world()).values()} == {Container, Image, Thing}
