"""Bind mounts: the two ways to write them, what is refused, and OCI's and ctr's words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.mounts import (
    PROPAGATIONS,
    BindMount,
    check_source,
    parse_mount,
    parse_volume,
)


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/a:/b", BindMount("/a", "/b")),
        ("/a:/b:ro", BindMount("/a", "/b", readonly=True)),
        ("/a:/b:rw", BindMount("/a", "/b")),
        ("/a:/b:rro", BindMount("/a", "/b", readonly=True, recursive_readonly=True)),
        ("/a:/b:ro,rshared", BindMount("/a", "/b", readonly=True, propagation="rshared")),
        ("/a:/b:bind,slave", BindMount("/a", "/b", recursive=False, propagation="slave")),
        ("/my dir,x:/b c", BindMount("/my dir,x", "/b c")),
        (r"/a\:b:/c\:d:ro", BindMount("/a:b", "/c:d", readonly=True)),
        ("/a:b:/c", BindMount("/a:b", "/c")),
        (
            "/dev/disk/by-path/pci-0:1:2.0:/c:ro",
            BindMount("/dev/disk/by-path/pci-0:1:2.0", "/c", True),
        ),
        (r"/a\\:/b\x", BindMount("/a\\", r"/b\x")),
        ("/a:/b//c/./d/", BindMount("/a", "/b/c/d")),
        ("/a://b", BindMount("/a", "/b")),
        ("/:/host", BindMount("/", "/host")),
    ],
)
def test_volume(text: str, mount: BindMount) -> None:
    assert parse_volume(text) == mount
    assert parse_volume(mount.format()) == mount


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no mount was given"),
        ("/a", "destination is missing"),
        ("/a:", "destination is missing"),
        ("/a:b", "destination is missing"),
        ("a:/b", "absolute"),
        ("./a:/b", "absolute"),
        ("~/a:/b", "absolute"),
        (" /a:/b", "absolute"),
        ("name:/b:ro", "absolute"),
        ("/a:/b:/c", "not clear"),
        ("/a:/b:ro:rw", "not clear"),
        ("/a:/b:", "not a mount option"),
        ("/a:/b:z", "not a mount option"),
        ("/a:/b:ro,rw", "contradict"),
        ("/a:/b:rro,rw", "contradict"),
        ("/a:/b:rshared,rslave", "contradict"),
        ("/a:/b:bind,rro", "recursive"),
        ("/a:/", "over the container's '/'"),
        ("/a:/.", "over the container's '/'"),
        ("/a:/b/../c", "'..'"),
        ("/a\0:/b", "control character"),
        ("/a:/b\x1b[2J", "control character"),
        ("/a\udc80:/b", "broken text"),
    ],
)
def test_volume_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_volume(text)
    assert says in str(caught.value)
    assert caught.value.remedy
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("type=bind,src=/a,dst=/b,options=rbind:ro", BindMount("/a", "/b", readonly=True)),
        ("type=bind,source=/a,destination=/b", BindMount("/a", "/b")),
        ('type=bind,"src=/a,b",target=/c', BindMount("/a,b", "/c")),
        ('"src=/a ""b""",dst=/c:d', BindMount('/a "b"', "/c:d")),
        ("src=/a=b,dst=/c,options=bind", BindMount("/a=b", "/c", recursive=False)),
        ("src=/a,dst=/b,readonly", BindMount("/a", "/b", readonly=True)),
        ("src=/a,dst=/b,ro=true,options=ro", BindMount("/a", "/b", readonly=True)),
        ("src=/a,dst=/b,ro=false", BindMount("/a", "/b")),
        ("src=/a,dst=/b,bind-propagation=rslave", BindMount("/a", "/b", propagation="rslave")),
    ],
)
def test_mount(text: str, mount: BindMount) -> None:
    assert parse_mount(text) == mount
    assert parse_mount(mount.ctr_argument()) == mount


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "one line"),
        ("type=tmpfs,dst=/a", "only bind"),
        ("type=bind,dst=/b", "source is missing"),
        ("type=bind,src=/b", "destination is missing"),
        ("type=bind,src=/a,b,dst=/c", "key 'b' is not known"),
        ("type=bind,src=/a,dst=/c,volume-opt=x", "not known"),
        ("src=/a,source=/b,dst=/c", "twice"),
        ("src=a,dst=/c", "absolute"),
        ('"src=/a,dst=/c', "quoting"),
        ("src=/a,dst=/b\nsrc=/c,dst=/d", "one line"),
        ("src=/a,dst=/c,options=rbind:bind", "contradict"),
        ("src=/a,dst=/c,readonly,options=rw", "contradict"),
        ("src=/a,dst=/c,readonly=maybe", "true or false"),
        ("src=/a,dst=/c,options=exec", "not a mount option"),
    ],
)
def test_mount_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        parse_mount(text)


def test_words_of_oci_and_ctr() -> None:
    mount = BindMount("/srv/a,b", "/c", readonly=True, propagation="rslave")
    assert mount.oci() == {
        "destination": "/c",
        "type": "bind",
        "source": "/srv/a,b",
        "options": ["rbind", "ro", "rslave"],
    }
    assert mount.ctr_argument() == 'type=bind,"src=/srv/a,b",dst=/c,options=rbind:ro:rslave'
    assert BindMount("/a", "/b", recursive_readonly=True).options == ("rbind", "ro", "rro")


def test_propagation_is_checked() -> None:
    with pytest.raises(InvalidArgument, match="propagation"):
        BindMount("/a", "/b", propagation="public")


def test_source_is_looked_at_and_never_made(tmp_path: Path) -> None:
    check_source(BindMount(str(tmp_path), "/b"))
    missing = tmp_path / "not there"
    with pytest.raises(InvalidArgument) as caught:
        check_source(BindMount(str(missing), "/b"))
    assert str(missing) in str(caught.value)
    assert f"mkdir -p '{missing}'" in caught.value.remedy
    assert not missing.exists()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InvalidArgument, match="cannot be reached"):
        check_source(BindMount(str(tmp_path / "loop"), "/b"))


ODD = st.text('ab ,:"\\=/é.', min_size=1, max_size=12)
SOURCE = ODD.map(lambda text: "/" + text)
DESTINATION = ODD.map(lambda text: "/x" + text.replace("..", "-"))


@given(SOURCE, DESTINATION, st.booleans(), st.booleans(), st.sampled_from(("", *PROPAGATIONS)))
def test_round_trips(source: str, at: str, ro: bool, recursive: bool, propagation: str) -> None:
    mount = BindMount(source, at, ro, recursive, propagation, ro and recursive)
    assert parse_volume(mount.format()) == mount
    assert parse_mount(mount.ctr_argument()) == mount


@given(st.text() | st.text('/ab:,\\"=\n '))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_volume, parse_mount):
        try:
            mount = parse(text)
        except InvalidArgument:
            continue
        assert parse_volume(mount.format()) == mount
