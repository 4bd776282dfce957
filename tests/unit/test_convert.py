"""Protobuf → models, with records as odd as a daemon may store them."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd import convert
from aiocontainerd.models import Key, ServerInfo, TaskStatus
from aiocontainerd.pb import containers_pb2, images_pb2, process_pb2, typeurl

SPEC = {
    "process": {"args": ["sh", "-c", "echo \x1b[2J"], "terminal": True},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
        {
            "destination": "/data",
            "type": "bind",
            "source": "/srv/my data",
            "options": ["rbind", "ro"],
        },
    ],
}


def _record(spec: object) -> containers_pb2.Container:
    record = containers_pb2.Container(id="web1", image="docker.io/library/nginx:1")
    record.spec.CopyFrom(typeurl.pack_json(typeurl.SPEC_URL, spec))
    return record


def test_a_container_brings_what_the_lists_show_of_its_spec() -> None:
    container = convert.container(_record(SPEC), "default")
    assert container.key == Key("default", "web1")
    assert container.args == ("sh", "-c", "echo \u241b[2J")
    assert container.terminal
    bind = container.mounts[1]
    assert (bind.source, bind.destination) == ("/srv/my data", "/data")
    assert bind.is_bind
    assert bind.is_readonly
    assert not container.mounts[0].is_bind


def test_equal_mounts_are_kept_once() -> None:
    first, second = (convert.container(_record(SPEC), "default") for _ in range(2))
    assert first.mounts is second.mounts


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {}, optional={"mounts": json_values | st.lists(json_values), "process": json_values}
    )
    | json_values
)
def test_any_json_as_spec_gives_a_container(spec: object) -> None:
    assert convert.container(_record(spec), "default").id == "web1"


def test_a_spec_that_is_no_json_gives_a_container_without_mounts() -> None:
    record = containers_pb2.Container(id="web1")
    record.spec.value = b"\xff{"
    assert convert.container(record, "default").mounts == ()


def test_an_image_name_that_is_not_utf8_keeps_its_bytes() -> None:
    image = convert.image(images_pb2.Image(name=b"evil\xff\x1b[2J"), "default")
    assert image.raw_name == b"evil\xff\x1b[2J"
    assert image.name == "evil\ufffd\u241b[2J"


@pytest.mark.parametrize("seconds", [-62135596800, 0, -1])
def test_year_one_and_unset_times_are_none(seconds: int) -> None:
    assert convert.time_of(Timestamp(seconds=seconds)) is None


def test_times_are_utc() -> None:
    moment = convert.time_of(Timestamp(seconds=1_700_000_000, nanos=5000))
    assert moment == datetime(2023, 11, 14, 22, 13, 20, 5, tzinfo=UTC)


def test_a_task_of_a_newer_status_is_unknown() -> None:
    process = process_pb2.Process(id="web1", pid=7)
    process.status = 99  # type: ignore[assignment]
    task = convert.task(process, "default")
    assert task.status is TaskStatus.UNKNOWN
    assert (task.id, task.pid) == ("web1", 7)


def test_one_default_snapshotter_for_all_who_ask() -> None:
    for working, default in (
        (("native", "overlayfs", "zfs"), "overlayfs"),
        (("fuse-overlayfs", "native"), "native"),  # what is looked at is what is unpacked to
        (("zfs",), ""),
    ):
        assert ServerInfo("2.1", snapshotters=dict.fromkeys(working, "")).snapshotter == default


def _dated() -> containers_pb2.Container:
    record = _record(SPEC)
    record.labels["a"] = "b"
    record.created_at.seconds, record.updated_at.seconds = 1_700_000_000, 1_700_000_001
    return record


def test_a_record_that_has_not_changed_is_known_again() -> None:
    assert convert.same_container(_dated(), convert.container(_dated(), "default"))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.updated_at.CopyFrom(Timestamp(seconds=1_700_000_001, nanos=1000)),
        lambda r: r.created_at.CopyFrom(Timestamp(seconds=1_700_000_001)),  # made anew
        lambda r: r.labels.update({"a": "c"}),
        lambda r: r.labels.clear(),
        lambda r: setattr(r, "image", "other"),
        lambda r: setattr(r, "snapshot_key", "other"),
        lambda r: r.ClearField("updated_at"),
    ],
)
def test_any_change_of_a_record_is_seen(change: Callable[[containers_pb2.Container], None]) -> None:
    record = _dated()
    known = convert.container(record, "default")
    change(record)
    assert not convert.same_container(record, known)


def test_an_undated_record_is_read_each_time() -> None:
    record = _record(SPEC)
    assert not convert.same_container(record, convert.container(record, "default"))


def test_what_many_records_have_in_common_is_kept_once() -> None:
    other = copy.deepcopy(SPEC)
    other["mounts"][1]["source"] = "/srv/other"  # type: ignore[index]
    first, second = (convert.container(_record(spec), "default") for spec in (SPEC, other))
    assert first.mounts != second.mounts
    assert first.mounts[0] is second.mounts[0]
    assert first.args is second.args
    assert first.image is second.image


def test_nothing_long_is_kept_for_others() -> None:
    long = "x" * 10_000
    mounts = [{"destination": f"/{n}", "source": long} for n in range(2)]
    spec = {"process": {"args": [long]}, "mounts": mounts}
    kept = (convert._shared, convert._shared_words, convert._shared_mounts, convert._shared_mount)
    before = [cache.cache_info().misses for cache in kept]
    record = _record(spec)
    record.labels[long] = long
    container = convert.container(record, "default")
    assert container.args == (long,)
    assert container.mounts[1].source == long
    assert container.labels == {long: long}
    assert [cache.cache_info().misses for cache in kept][1:] == before[1:]
    assert all(cache.cache_info().maxsize for cache in kept)
