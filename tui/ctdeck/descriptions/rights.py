"""What a container is kept apart by, and what it may do to its host: from its spec. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiocontainerd import spec_defaults as defaults
from ctdeck.descriptions.facts import Fact
from ctdeck.descriptions.json import number, objects, part, text, words
from ctdeck.formatting import counted

NAMESPACES = ("pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time")
# As a kernel without them has it, and most runtimes: nothing to warn of.
_USUALLY_THE_HOSTS = frozenset({"user", "cgroup", "time"})
_MANY = 34  # capabilities from which on a container has all that matter


def privileged(spec: object) -> bool:
    """All capabilities, all devices, nothing of /proc hidden: as `--privileged` makes it."""
    linux = part(spec, "linux")
    return (
        len(_capabilities(spec)) >= _MANY
        and not words(linux, "maskedPaths")
        and _all_devices(linux)
    )


def namespace_facts(spec: object) -> Iterator[Fact]:
    """Each kind: its own, the host's, or joined."""
    listed = {
        text(each, "type"): text(each, "path")
        for each in objects(part(spec, "linux"), "namespaces")
    }
    for number_, kind in enumerate(NAMESPACES):
        label = "" if number_ else "namespaces"
        if kind not in listed:
            role = "muted" if kind in _USUALLY_THE_HOSTS else "warn"
            yield Fact(label, f"{kind:<8} the host's", role)
        elif path := listed[kind]:
            yield Fact(label, f"{kind:<8} joined: {path}")
        else:
            yield Fact(label, f"{kind:<8} its own")


def rights_facts(spec: object) -> Iterator[Fact]:
    """Privileged or not, capabilities, seccomp, AppArmor, SELinux, what of /proc it sees."""
    process, linux = part(spec, "process"), part(spec, "linux")
    if privileged(spec):
        yield Fact("privileged", "yes: root in it is root on this host", "bad")
    yield from _capability_facts(_capabilities(spec))
    if ambient := words(part(process, "capabilities"), "ambient"):
        yield Fact("", f"also for what is not root: {_names(ambient)}", "warn")
    new = process.get("noNewPrivileges") is True
    yield Fact("setuid", "gains nothing (no new privileges)" if new else "works: sudo, su, ping …")
    yield Fact("seccomp", *_seccomp(part(linux, "seccomp")))
    yield Fact("apparmor", text(process, "apparmorProfile") or "none: unconfined")
    if label := text(process, "selinuxLabel"):
        yield Fact("selinux", label)
    readonly = part(spec, "root").get("readonly") is True
    yield Fact("rootfs", "read-only" if readonly else "writable")
    masked = words(linux, "maskedPaths")
    if not masked:
        yield Fact("/proc, /sys", "nothing is hidden", "warn")
    yield from _device_facts(linux)
    for number_, (key, value) in enumerate(sorted(part(linux, "sysctl").items())):
        if isinstance(key, str) and isinstance(value, str):
            yield Fact("" if number_ else "sysctl", f"{key[:200]} = {value[:200]}", "muted")


def _capabilities(spec: object) -> tuple[str, ...]:
    return words(part(spec, "process.capabilities"), "bounding")


def _names(capabilities: tuple[str, ...] | list[str]) -> str:
    return ", ".join(each.removeprefix("CAP_") for each in capabilities)


def _capability_facts(has: tuple[str, ...]) -> Iterator[Fact]:
    usual = defaults.CAPABILITIES
    more = [each for each in has if each not in usual]
    less = [each for each in usual if each not in has]
    if not has:
        yield Fact("capabilities", "none")
        return
    if len(has) >= _MANY:
        yield Fact("capabilities", f"all {len(has)}", "warn")
        return
    yield Fact("capabilities", "the usual ones" if len(less) < len(usual) else "not the usual ones")
    if more:
        yield Fact("", f"and {_names(more)}", "warn")
    if less:
        yield Fact("", f"without {_names(less)}", "muted")


def _seccomp(profile: Mapping[str, Any]) -> tuple[str, str]:
    if not profile:
        return "off: all system calls", "muted"
    action = text(profile, "defaultAction").removeprefix("SCMP_ACT_").lower() or "?"
    return f"on: {counted(len(objects(profile, 'syscalls')), 'rule')}, otherwise {action}", ""


def _all_devices(linux: Mapping[str, Any]) -> bool:
    """Whether the last rule that matters lets everything through."""
    rules = objects(part(linux, "resources"), "devices")
    return any(
        rule.get("allow") is True
        and text(rule, "type") in ("", "a")
        and number(rule, "major") in (None, -1)
        and number(rule, "minor") in (None, -1)
        for rule in rules
    )


def _device_facts(linux: Mapping[str, Any]) -> Iterator[Fact]:
    if _all_devices(linux):
        yield Fact("devices", "all of the host's", "bad")
    shown = [text(each, "path") for each in objects(linux, "devices")]
    for number_, path in enumerate(shown[:20]):
        yield Fact("" if number_ else "devices", path)
    if len(shown) > 20:
        yield Fact("", f"and {len(shown) - 20} more", "muted")
