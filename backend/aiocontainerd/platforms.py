"""Platforms of images: `os/architecture[/variant]`, and which of several a host would run.

Source: containerd's `platforms` module (normalisation in `database.go`, the order of preference
in `compare.go`).
"""

import platform as machine
import re
from collections.abc import Iterable
from typing import TypeVar

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe

_PART = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ALIASES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "i386": "386",
    "i486": "386",
    "i586": "386",
    "i686": "386",
    "aarch64": "arm64",
    "armhf": "arm/v7",
    "armv7l": "arm/v7",
    "armv6l": "arm/v6",
    "armel": "arm/v6",
}
_SYSTEMS = {"macos": "darwin"}
_EXAMPLE = "Write it like linux/amd64 or linux/arm/v7."
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform, normalised; strings are safe to show."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """As `ctr` writes it: linux/arm/v7."""
        parts = (self.os or "unknown", self.architecture or "unknown", self.variant)
        return "/".join(part for part in parts if part)

    @property
    def is_unknown(self) -> bool:
        """BuildKit's mark for what is no image: attestations."""
        return "unknown" in (self.os, self.architecture)


def normalised(os: str, architecture: str, variant: str = "") -> Platform:
    """Make one form out of the many spellings: x86_64 is amd64, arm64/v8 is arm64."""
    system = safe(os).lower()
    arch, variant = safe(architecture).lower(), safe(variant).lower()
    arch, _, implied = _ALIASES.get(arch, arch).partition("/")
    variant = variant or implied
    if arch in ("arm", "arm64", "amd64") and variant.isdigit():
        variant = f"v{variant}"
    if (arch, variant) in (("arm64", "v8"), ("amd64", "v1")):
        variant = ""
    if (arch, variant) == ("arm", ""):
        variant = "v7"
    return Platform(_SYSTEMS.get(system, system), arch, variant)


def parse(text: str) -> Platform:
    """Read what a user wrote: `os/arch[/variant]`, or an architecture alone. For "" the host's.

    Raises InvalidArgument.
    """
    if not text:
        return host()
    parts = text.split("/")
    if len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts):
        shown = safe(text[:80])
        raise InvalidArgument("this is not a platform", subject=f"'{shown}'", remedy=_EXAMPLE)
    if len(parts) == 1:
        return normalised("linux", parts[0])
    return normalised(*parts)


def host() -> Platform:
    """The platform of this machine, taken for the daemon's: containerd here is Linux."""
    return normalised("linux", machine.machine())


def preferences(wanted: Platform) -> tuple[Platform, ...]:
    """What a host of this platform can run, the best first."""
    system, arch, variant = wanted.os, wanted.architecture, wanted.variant
    found = [wanted]
    if arch == "amd64":
        level = int(variant[1:]) if re.fullmatch(r"v\d", variant) else 1
        found += [normalised(system, arch, f"v{lower}") for lower in range(level - 1, 0, -1)]
        found.append(Platform(system, "386"))
    elif arch == "arm64":
        found += [Platform(system, arch)] if variant else []
        found += [Platform(system, "arm", f"v{level}") for level in (8, 7, 6, 5)]
    elif arch == "arm" and re.fullmatch(r"v\d", variant):
        found += [
            Platform(system, arch, f"v{level}") for level in range(int(variant[1:]) - 1, 4, -1)
        ]
    return tuple(found)


def choose(candidates: Iterable[tuple[Platform | None, T]], wanted: Platform) -> T | None:
    """The candidate that `wanted` runs best, the first of equals; None if it can run none."""
    order = {platform: rank for rank, platform in enumerate(preferences(wanted))}
    ranked = [
        (order[platform], position, thing)
        for position, (platform, thing) in enumerate(candidates)
        if platform is not None and platform in order
    ]
    return min(ranked, key=lambda item: item[:2])[2] if ranked else None
