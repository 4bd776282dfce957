"""Users: measured against ctr, and the ways to become root by accident."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.users import ID_MAX, ResolvedUser, resolve_user

MEASURED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "ctr_users.json").read_text(encoding="utf-8")
)
PASSWD, GROUP = MEASURED["passwd"], MEASURED["group"]
# ctr takes ":5" and "app:" as root's uid or gid; we say that they mean nothing.
STRICTER = {":5", "app:", "+5"}


@pytest.mark.parametrize("case", MEASURED["cases"], ids=lambda case: case["user"] or "none")
def test_as_ctr(case: dict[str, Any]) -> None:
    expected = None if case["user"] in STRICTER else case["result"]
    if expected is None:
        with pytest.raises(InvalidArgument) as caught:
            resolve_user(case["user"], PASSWD, GROUP)
        assert caught.value.remedy
        return
    user = resolve_user(case["user"], PASSWD, GROUP)
    groups = tuple(expected["additionalGids"])
    assert user == ResolvedUser(expected["uid"], expected["gid"], groups)


def test_an_option_with_a_group_takes_only_that_group() -> None:
    user = resolve_user("1000:1000", PASSWD, GROUP, from_image=False)
    assert user == ResolvedUser(1000, 1000, (1000,))
    assert resolve_user("app", PASSWD, GROUP, from_image=False).groups == (1000, 10, 2000)


def test_without_files() -> None:
    assert resolve_user("", None, None) == ResolvedUser(0, 0, (0,))
    assert resolve_user("7", None, None) == ResolvedUser(7, 0, (0,))
    assert resolve_user("7:8", None, None) == ResolvedUser(7, 8, (8,))
    with pytest.raises(InvalidArgument, match=r"no user 'app'\. It has no users at all"):
        resolve_user("app", None, None)


def test_unknown_names_come_with_the_known_ones() -> None:
    with pytest.raises(InvalidArgument, match=r"no user 'nobody'\. Its users: root, app\."):
        resolve_user("nobody", PASSWD, GROUP)
    with pytest.raises(InvalidArgument, match=r"Its groups: root, wheel, app, ops\."):
        resolve_user("app:x", PASSWD, GROUP)


@pytest.mark.parametrize(
    "entry",
    [
        "a:x:4294967296:5::/:/bin/sh",
        "a:x:99999999999999999999:5",
        "a:x::5",
        "a:x:zero:5",
        "a:x:-1:5",
    ],
)
def test_a_garbled_entry_is_never_root(entry: str) -> None:
    with pytest.raises(InvalidArgument, match="no usable user id"):
        resolve_user("a", f"{entry}\n{PASSWD}", GROUP)


def test_a_garbled_gid_is_never_roots() -> None:
    with pytest.raises(InvalidArgument, match="no usable group id"):
        resolve_user("a", "a:x:5:4294967296", GROUP)
    with pytest.raises(InvalidArgument, match="no usable group id"):
        resolve_user("a:g", "a:x:5:5", "g:x::")


def test_digits_are_never_names() -> None:
    assert resolve_user("12", "12:x:0:0::/:/bin/sh\n", None).uid == 12
    assert resolve_user("5:12", None, "12:x:0:\n").gid == 12


def test_hostile_files_are_bounded() -> None:
    passwd = "x" * (1 << 20) + ":x:0:0\napp:x:5:5\n"
    with pytest.raises(InvalidArgument, match="no user"):
        resolve_user("app", passwd, None)
    assert resolve_user("app", "x" * 70_000 + "\napp:x:5:5\n", None).uid == 5


def test_errors_are_safe_to_show() -> None:
    with pytest.raises(InvalidArgument) as caught:
        resolve_user("\x1b[2J", "\x1b]0;x\x07:x:1:1\n", None)
    assert str(caught.value).isprintable()


@given(st.text(), st.none() | st.text("ab:0159,\n"), st.none() | st.text("ab:0159,\n"))
def test_any_text_is_resolved_or_refused(text: str, passwd: str | None, group: str | None) -> None:
    try:
        user = resolve_user(text, passwd, group)
    except InvalidArgument:
        return
    assert 0 <= user.uid <= ID_MAX
    assert user.gid in user.groups


@given(st.integers(), st.integers())
def test_numbers_are_kept_or_refused(uid: int, gid: int) -> None:
    if 0 <= uid <= ID_MAX and 0 <= gid <= ID_MAX:
        assert resolve_user(f"{uid}:{gid}", None, None) == ResolvedUser(uid, gid, (gid,))
    else:
        with pytest.raises(InvalidArgument):
            resolve_user(f"{uid}:{gid}", None, None)
