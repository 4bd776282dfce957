"""Who a container's process runs as: `USER` texts against the image's passwd and group.

The rules are containerd's (`pkg/oci/spec_opts.go`: WithUser, WithAdditionalGIDs), but
where they would end in root by accident (`:5`, a garbled uid, a uid beyond 2³¹-1:
CVE-2024-40635, CVE-2026-46680) this refuses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

ID_MAX = 2**31 - 1
_FILE_MAX = 1 << 20
_LINE_MAX = 1 << 16
_ENTRIES_MAX = 20_000
_NUMBER = re.compile(r"[0-9]+")
_SIGNED = re.compile(r"[+-][0-9]+")
_NUMBERS = "Give the user as numbers, such as 1000:1000."


@dataclass(frozen=True, slots=True)
class ResolvedUser:
    """Numeric ids; `groups` are the supplementary ones and always hold `gid`."""

    uid: int
    gid: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    uid: int | None  # None: the field is not a number that can be used
    gid: int | None


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    gid: int | None
    members: tuple[str, ...]


def resolve_user(
    user_text: str, passwd: str | None, group: str | None, *, from_image: bool = True
) -> ResolvedUser:
    """Turn `user`, `uid`, `user:group` or `uid:gid` (any mix) into numbers; pure.

    `passwd` and `group` are the texts of the image's files, None if absent. "" is root.
    All digits are an id, never a name. A uid that is not in passwd gets gid 0. With an
    explicit group, the user's supplementary groups are added when the text is the
    image's USER (`from_image`) and not when it is an option of the caller, as in ctr.
    Raises InvalidArgument for unknown names and for ids above 2³¹-1.
    """
    users, groups = _read_passwd(passwd), _read_group(group)
    if not user_text:
        return _with_groups(0, 0, _memberships("root", groups))
    name, colon, group_name = user_text.partition(":")
    if not name or (colon and not group_name) or ":" in group_name:
        raise _bad(user_text, "this is not a user", "Write USER, UID, USER:GROUP or UID:GID.")
    entry, uid = _find_user(name, users, user_text)
    if colon:
        gid = _find_group(group_name, groups, user_text)
    else:
        gid = 0 if entry is None else _checked(entry.gid, "group id", user_text)
    if entry is None or (colon and not from_image):
        return _with_groups(uid, gid, ())
    return _with_groups(uid, gid, _memberships(entry.name, groups))


def _find_user(name: str, users: list[_User], text: str) -> tuple[_User | None, int]:
    """The passwd entry, if there is one, and the uid."""
    uid = _number(name, "uid", text)
    if uid is not None:
        return next((user for user in users if user.uid == uid), None), uid
    for user in users:
        if user.name == name:
            return user, _checked(user.uid, "user id", text)
    known = [user.name for user in users if user.name]
    raise _bad(text, f"the image has no user '{safe(name[:80])}'", _suggest("users", known))


def _find_group(name: str, groups: list[_Group], text: str) -> int:
    gid = _number(name, "gid", text)
    if gid is not None:
        return gid
    for group in groups:
        if group.name == name:
            return _checked(group.gid, "group id", text)
    known = [group.name for group in groups if group.name]
    raise _bad(text, f"the image has no group '{safe(name[:80])}'", _suggest("groups", known))


def _number(part: str, kind: str, text: str) -> int | None:
    """The id that `part` is, or None if it is a name."""
    if _SIGNED.fullmatch(part):
        raise _bad(text, f"the {kind} has a sign", f"Use 0 to {ID_MAX}.")
    if not _NUMBER.fullmatch(part):
        return None
    value = _id(part)
    if value is None:
        raise _bad(text, f"the {kind} is out of range", f"Use 0 to {ID_MAX}.")
    return value


def _id(field: str) -> int | None:
    """A usable id, or None. Ten digits first: int() refuses texts of many thousands."""
    digits = field.lstrip("0") or field[:1]
    if not _NUMBER.fullmatch(field) or len(digits) > 10 or int(digits) > ID_MAX:
        return None
    return int(digits)


def _checked(value: int | None, kind: str, text: str) -> int:
    if value is None:
        raise _bad(text, f"the image's entry for this user or group has no usable {kind}", _NUMBERS)
    return value


def _with_groups(uid: int, gid: int, groups: tuple[int, ...]) -> ResolvedUser:
    return ResolvedUser(uid, gid, groups if gid in groups else (gid, *groups))


def _memberships(name: str, groups: list[_Group]) -> tuple[int, ...]:
    """Gids of the groups that list the name; the group of the same name is no extra one."""
    return tuple(
        group.gid
        for group in groups
        if group.gid is not None and group.name != name and name in group.members
    )


def _lines(text: str | None) -> Iterator[list[str]]:
    """The fields of each entry; hostile files are cut by size, line and count."""
    count = 0
    for line in (text or "")[:_FILE_MAX].split("\n"):
        if line.strip() and len(line) <= _LINE_MAX and count < _ENTRIES_MAX:
            count += 1
            yield [field.strip() for field in line.split(":")]


def _read_passwd(text: str | None) -> list[_User]:
    """Entries `name:password:uid:gid:…`; those without a uid field are left out."""
    return [_User(f[0], _id(f[2]), _id(f[3])) for f in _lines(text) if len(f) >= 4]


def _read_group(text: str | None) -> list[_Group]:
    """Entries `name:password:gid:member,member…`."""
    return [
        _Group(f[0], _id(f[2]), tuple(f[3].split(",")) if len(f) > 3 else ())
        for f in _lines(text)
        if len(f) >= 3
    ]


def _suggest(kind: str, known: list[str]) -> str:
    if not known:
        return f"It has no {kind} at all. {_NUMBERS}"
    few = ", ".join(safe(name[:32]) for name in known[:6])
    return f"Its {kind}: {few}{', …' if len(known) > 6 else ''}. Or give numbers."


def _bad(text: str, what: str, remedy: str) -> InvalidArgument:
    return InvalidArgument(what, subject=f"user '{safe(text[:80])}'", remedy=remedy)
