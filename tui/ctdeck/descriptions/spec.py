"""The page of a container's spec: what runs, within which limits, kept apart by what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ctdeck.descriptions.facts import Fact, fact
from ctdeck.descriptions.json import number, objects, pairs, part, text, words
from ctdeck.descriptions.limits import limit_facts
from ctdeck.descriptions.rights import namespace_facts, rights_facts
from ctdeck.masking import masked_args, masked_pair, masked_value


def spec_facts(spec: Mapping[str, Any]) -> Iterator[Fact]:
    """All but the environment and the mounts, which have tabs of their own."""
    process, linux = part(spec, "process"), part(spec, "linux")
    args = words(process, "args")
    yield fact("command", " ".join(masked_args(args)) or "none", " ".join(args) or "none")
    yield Fact("user", _user(part(process, "user")))
    yield Fact("directory", text(process, "cwd") or "/")
    if host := text(spec, "hostname"):
        yield Fact("host name", host)
    yield from limit_facts(spec)
    yield from namespace_facts(spec)
    yield from rights_facts(spec)
    yield Fact("cgroup", text(linux, "cgroupsPath") or "the runtime chooses it")
    yield from _hooks(part(spec, "hooks"))
    for place, (key, value) in enumerate(pairs(spec, "annotations").items()):
        shown = f"{masked_value('', key)} = {masked_value(key, value)}"
        yield fact("" if place else "annotations", shown, f"{key} = {value}", "muted")
    yield Fact("OCI version", text(spec, "ociVersion") or "not said", "muted")


def env_facts(env: tuple[str, ...]) -> list[Fact]:
    """One variable a line, secrets as stars."""
    facts = []
    for each in env:
        name, equals, _ = each.partition("=")
        shown = masked_pair(each)
        role = "" if equals else "muted"
        facts.append(fact("", shown, each, role) if name else Fact("", each, "muted"))
    return facts or [Fact("", "It has no variables.", "muted")]


def _user(user: Mapping[str, Any]) -> str:
    name, uid, gid = text(user, "username"), number(user, "uid") or 0, number(user, "gid") or 0
    said = "root (0:0)" if (uid, gid) == (0, 0) else f"{uid}:{gid}"
    more = user.get("additionalGids")
    others = [str(each) for each in more if each != gid] if isinstance(more, list) else []
    groups = f", also in {', '.join(others[:20])}" if others else ""
    return (f"{name} ({said})" if name else said) + groups


def _hooks(hooks: Mapping[str, Any]) -> Iterator[Fact]:
    """Programs that the runtime runs on the host for it."""
    for when in sorted(hooks):
        for each in objects(hooks, when):
            args = words(each, "args") or (text(each, "path"),)
            yield fact(
                "hook",
                f"{when[:40]}: {' '.join(masked_args(args))}",
                f"{when[:40]}: {' '.join(args)}",
            )
