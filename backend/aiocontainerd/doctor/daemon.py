"""The daemon itself: version, plugins, snapshotters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aiocontainerd.doctor.finding import Finding, note, ok, problem, some, warning
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.services.introspection import SNAPSHOTTER, Plugin

_LOG = "$ journalctl -u containerd --since -1h"
# As containerd's own table of releases says (2026): nobody mends these any more.
_ENDED = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1")
_SKIPPED = ("skip plugin", "not configured")
_ABSENT = "plugin: not found"  # it needs another plugin, which was turned off
_OPTIONAL = frozenset({"cri", "nri", "sandbox-controllers", "otlp", "tracing", "image-verifier"})


async def version(scene: Scene) -> Iterable[Finding]:
    """Which containerd it is, and whether it is still mended."""
    info = await scene.client.server_info()
    said = f"containerd {info.version} answers at {scene.address}"
    release = ".".join(info.version.removeprefix("v").split(".")[:2])
    if release in _ENDED:
        means = f"containerd's makers fix nothing in {release} any more; a distribution may."
        return [
            note("daemon", said, means, "Update when you can: 1.7, 2.0 and 2.3 get fixes for long.")
        ]
    return [ok("daemon", said)]


async def deprecated(scene: Scene) -> Iterable[Finding]:
    """What the daemon itself says that it will not do for long (1.7.12 and later)."""
    return [
        note("daemon", f"deprecated: {each}", "A later containerd will not take it.", "")
        for each in await scene.client.introspection.deprecations()
    ]


async def plugins(scene: Scene) -> Iterable[Finding]:
    """Those that failed, and what that means."""
    failed = [each for each in scene.plugins if each.error and not _is_skipped(each)]
    skipped = [each.id for each in scene.plugins if each.error and _is_skipped(each)]
    findings = [_failed(each) for each in failed if each.type != SNAPSHOTTER]
    if skipped:
        names = some(sorted(skipped), 12)
        findings.append(
            note("plugins", f"left out by the daemon, as they cannot work here: {names}")
        )
    works = sum(not each.error for each in scene.plugins)
    return [ok("plugins", f"{works} of {len(scene.plugins)} work"), *findings]


def _is_skipped(plugin: Plugin) -> bool:
    return any(word in plugin.error for word in _SKIPPED)


def _failed(plugin: Plugin) -> Finding:
    said = f"{plugin.type}/{plugin.id} failed: {plugin.error}"
    if plugin.error.endswith(_ABSENT):
        return note("plugins", said, "It needs a plugin that is turned off or failed itself.")
    if plugin.id == "cri" or "cri" in plugin.type:
        means = "Kubernetes cannot use this daemon; everything else works."
        return warning("plugins", said, means, _LOG)
    if plugin.id in _OPTIONAL:
        return warning("plugins", said, "What needs it does not work; containers run.", _LOG)
    return problem("plugins", said, "A part of the daemon does not work.", _LOG)


async def snapshotters(scene: Scene) -> Iterable[Finding]:
    """Whether those that containers use work, and whether there is one for new ones."""
    known = {each.id: each for each in scene.plugins if each.type == SNAPSHOTTER}
    used = Counter(each.snapshotter for each in scene.containers.values() if each.snapshotter)
    findings = []
    for name, count in sorted(used.items()):
        plugin = known.get(name)
        if plugin is None or plugin.error:
            why = plugin.error if plugin else "there is no such plugin"
            findings.append(
                problem(
                    "snapshotters",
                    f"{name} does not work, and {count} containers have their files in it: {why}",
                    "They cannot be started, and their files are not to be had.",
                    _LOG,
                )
            )
    broken = [p for p in known.values() if p.error and not _is_skipped(p) and p.id not in used]
    for each in broken:
        means = f"Nothing can be unpacked into {each.id}; no container uses it."
        findings.append(warning("snapshotters", f"{each.id} failed: {each.error}", means, _LOG))
    working = sorted(each.id for each in known.values() if not each.error)
    if not working:
        means = "No image can be unpacked and no container made."
        return [problem("snapshotters", "none works", means, _LOG), *findings]
    return [ok("snapshotters", f"working: {', '.join(working)}"), *findings]
