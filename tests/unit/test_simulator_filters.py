"""containerd's filter language, as the simulator reads it. The texts are a real 2.1.9's answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.pb.event_payloads_pb2 import ContainerUpdate, TaskExit
from aiocontainerd.pb.images_pb2 import ImageCreate
from aiocontainerd.simulator.filters import Found, field_of, parse
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.rules import adaptor

LABELS = {"a.b/c": "x", "plain": "y,z"}
RECORD = adaptor({"id": "web-1", "runtime.name": "io.containerd.runc.v2", "image": ""}, LABELS)


def selects(*texts: str) -> bool:
    wanted = parse(texts)
    return wanted is None or wanted(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id",
        "id==web-1",
        " id == web-1",
        'id=="web-1"',
        "id!=other",
        "nothing!=other",
        "id~=^web",
        "id~=b-",
        "id~=nope|web",
        "id~=/^web/",
        "id~=|1$|",
        "id==web-1,runtime.name~=runc",
        'labels."a.b/c"',
        'labels."a.b/c"==x',
        'labels.plain=="y,z"',
    ],
)
def test_it_selects(text: str) -> None:
    assert selects(text)


@pytest.mark.parametrize(
    "text",
    [
        "image",
        "nothing",
        "id==web",
        "id!=web-1",
        "id~=^b",
        "id==web-1,id==other",
        'labels."a.b/d"',
        "labels==x",
        'nothing~="."',
        "id~=[",  # no regular expression: the daemon logs it and selects nothing
    ],
)
def test_it_does_not_select(text: str) -> None:
    assert not selects(text)


def test_several_texts_are_or_and_none_is_everything() -> None:
    assert selects("id==other", "id==web-1")
    assert not selects("id==other", "id==another")
    assert parse(()) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id==", "[id==]: expected value or quoted"),
        ("==a", "[ >|=|< =a]: expected field or quoted"),
        ("id=a", '[id >|=|< a]: unsupported operator "="'),
        ('id=="a', '[id== >|"|< a]: quoted literal not terminated'),
        ("id==a,", "[id==a,]: expected field or quoted"),
        (" ", "[ ]: expected field or quoted"),
        ("id ", '[id ]: expected an operator ("=="|"!="|"~=")'),
        ("id==a ", "[id==a >| |< ]: unexpected input:  "),
        ("id==a ,id", "[id==a >| |< ,id]: unexpected input:  "),
        ("id===a", '[id >|=|< ==a]: unsupported operator "==="'),
        ("id==.a", "[id== >|.|< a]: expected value or quoted"),
        ("id==a b", "[id==a >| |< b]: unexpected input:  "),
        ("id==/a", "[id== >|/|< a]: quoted literal not terminated"),
        ("topic==/a/b", "[topic== >|/|< a/b]: invalid quote encountered"),
        ("id==|a|", "[id== >|||< a|]: invalid quote encountered"),
    ],
)
def test_what_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        parse([text])
    assert refused.value.code == "INVALID_ARGUMENT"
    assert refused.value.text == f"filters: parse error: {why}: invalid argument"


@given(st.text(alphabet='abc.,=!~"/| \\', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        wanted = parse([text])
    except Refused:
        return
    assert wanted is not None
    assert isinstance(wanted(RECORD), bool)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (["container_id"], ("c", True)),
        (["id"], ("", False)),
        (["pid"], ("7", True)),
        (["exited_at", "seconds"], ("5", True)),
        (["nothing"], ("", False)),
        ([], ("", False)),
    ],
)
def test_fields_of_an_event(path: list[str], found: Found) -> None:
    event = TaskExit(container_id="c", pid=7)
    event.exited_at.seconds = 5
    assert field_of(event, path) == found


def test_maps_and_bytes_of_an_event() -> None:
    labels = ContainerUpdate(id="c", labels={"a.b": "x"})
    assert field_of(labels, ["labels", "a", "b"]) == ("x", True)
    assert field_of(labels, ["labels", "a"]) == ("", False)
    assert field_of(ImageCreate(name=b"a\xff"), ["name"]) == ("a\ufffd", True)
