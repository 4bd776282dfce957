"""A registry that holds every image: what a simulated pull finds, and how fast. Pure.

Well-known names have believable layers and commands; any other name has three layers whose sizes
follow from it. Only a repository or tag that is called `missing` is not there. An index names the
host's platform, amd64 and arm64.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiocontainerd import platforms
from aiocontainerd.platforms import Platform
from aiocontainerd.reference import Reference
from aiocontainerd.simulator.imaging import MANIFEST, ImageParts, digest, layer, make_image

INDEX = "application/vnd.oci.image.index.v1+json"
MISSING = "missing"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DEBIAN, _ALPINE = ("debian bookworm-slim", 28_229_000), ("alpine 3.20", 3_623_000)
_BUILD = (_DEBIAN, ("debian scm", 24_030_000), ("debian buildpack", 64_390_000))
_MEGABYTE = 1_000_000
_SMALL = 20_000  # bytes of a layer of a few files


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image: the layers that it shares with others (seed, size), the sizes of its own."""

    shared: tuple[tuple[str, int], ...]
    own: tuple[int, ...]
    config: dict[str, Any] = field(hash=False)


def _recipe(
    shared: Sequence[tuple[str, int]],
    own: Sequence[int],
    cmd: str,
    entrypoint: str = "",
    **more: Any,
) -> Recipe:
    commands = {"Entrypoint": entrypoint.split(), "Cmd": cmd.split()}
    given = {name: words for name, words in commands.items() if words}
    return Recipe(tuple(shared), tuple(own), {"Env": [_PATH], **given, **more})


# Sizes of blobs in bytes, about what the official images have.
_KNOWN = {
    "library/alpine": _recipe([_ALPINE], [], "/bin/sh"),
    "library/busybox": _recipe([], [2_152_000], "sh"),
    "library/debian": _recipe([_DEBIAN], [], "bash"),
    "library/golang": _recipe(_BUILD, [92_310_000, 74_030_000, 126, 32], "bash"),
    "library/hello-world": _recipe([], [2_459], "/hello"),
    "library/httpd": _recipe([_DEBIAN], [146, 32, 4_190_000, 31_650_000, 293], "httpd-foreground"),
    "library/mariadb": _recipe(
        [("ubuntu 24.04", 29_530_000)],
        [1_830, 7_610_000, 2_490_000, 117, 331, 91_880_000, 369, 5_210],
        "mariadbd",
        "docker-entrypoint.sh",
    ),
    "library/memcached": _recipe([_DEBIAN], [1_260, 4_310_000, 3_050_000, 115], "memcached"),
    "library/nginx": _recipe(
        [_DEBIAN],
        [43_970_000, 628, 955, 405, 1_210, 1_398],
        "",
        "/docker-entrypoint.sh",
        Cmd=["nginx", "-g", "daemon off;"],
        StopSignal="SIGQUIT",
        ExposedPorts={"80/tcp": {}},
    ),
    "library/node": _recipe(_BUILD, [211_500_000, 3_320, 45_150_000, 1_250_000, 446], "node"),
    "library/postgres": _recipe(
        [_DEBIAN],
        [1_190, 4_530_000, 1_450_000, 8_070_000, 1_200_000, 116, 3_144, 110_630_000, 9_560, 129],
        "postgres",
        "docker-entrypoint.sh",
        StopSignal="SIGINT",
        ExposedPorts={"5432/tcp": {}},
    ),
    "library/python": _recipe(_BUILD, [211_400_000, 6_160_000, 21_680_000, 249], "python3"),
    "library/rabbitmq": _recipe(
        [("ubuntu 24.04", 29_530_000)],
        [44_900_000, 5_110_000, 2_110, 106, 23_800_000, 602, 835],
        "rabbitmq-server",
        "docker-entrypoint.sh",
    ),
    "library/redis": _recipe(
        [_DEBIAN],
        [1_102, 1_540_000, 15_970_000, 96, 573],
        "redis-server",
        "docker-entrypoint.sh",
        ExposedPorts={"6379/tcp": {}},
    ),
    "library/registry": _recipe([_ALPINE], [290_000, 6_070_000, 369, 213], "registry serve"),
    "library/traefik": _recipe([_ALPINE], [310_000, 45_280_000], "traefik", "/entrypoint.sh"),
    "library/ubuntu": _recipe([("ubuntu 24.04", 29_530_000)], [], "/bin/bash"),
    "grafana/grafana": _recipe(
        [_ALPINE], [9_310_000, 2_640_000, 4_120, 103_500_000, 12_300_000], "", "/run.sh"
    ),
    "prom/prometheus": _recipe(
        [("prom busybox", 780_000)], [516_000, 57_340_000, 52_180_000], "", "/bin/prometheus"
    ),
    "pause": _recipe([], [318_000], "", "/pause", User="65535:65535"),
    "coredns/coredns": _recipe([], [104_000, 18_450_000], "", "/coredns"),
    "shop/api": _recipe([_DEBIAN], [3_310_000, 24_620_000, 1_130], "", "/usr/bin/shop-api"),
    "shop/web": _recipe([_ALPINE], [31_900_000, 6_870_000, 902], "", "/usr/bin/shop-web"),
    "shop/mailer": _recipe([_ALPINE], [9_460_000, 733], "", "/usr/bin/shop-mailer"),
    "shop/tools": _recipe([_ALPINE], [12_040_000, 2_210_000], "", "/usr/bin/shop-tools"),
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What a reference leads to; `images` has one for each platform that `index` names."""

    index: bytes
    images: tuple[tuple[Platform, ImageParts], ...]

    def choose(self, wanted: Sequence[Platform]) -> tuple[ImageParts, ...]:
        """The images for these platforms, all without any."""
        return tuple(parts for each, parts in self.images if not wanted or each in wanted)


def find(reference: Reference) -> Stored | None:
    """What the registry holds under this name; None for what is missing."""
    if MISSING in (reference.tag, *reference.repository.split("/")):
        return None
    recipe = _KNOWN.get(reference.repository) or _made_up(reference.repository)
    kinds = dict.fromkeys(platforms.parse(text) for text in ("", "linux/amd64", "linux/arm64"))
    images = tuple((each, _image(reference, recipe, each)) for each in kinds)
    return Stored(_index(images), images)


def _made_up(repository: str) -> Recipe:
    """The same name always has the same layers."""
    seed = hashlib.sha256(repository.encode()).digest()
    own = (2 * _MEGABYTE + seed[0] * 150_000, _MEGABYTE + seed[1] * 20_000, 300 + seed[2] * 9)
    return _recipe([_ALPINE], own, "", f"/usr/bin/{repository.rpartition('/')[2]}")


def _image(reference: Reference, recipe: Recipe, platform: Platform) -> ImageParts:
    version = reference.tag or reference.digest
    shared = [layer(f"{seed} {platform}", size) for seed, size in recipe.shared]
    own = [
        layer(f"{reference.repository} {version} {platform} {number}", size)
        for number, size in enumerate(recipe.own)
    ]
    return make_image(
        str(reference),
        [*shared, *own],
        recipe.config,
        platform=str(platform),
        history=list(_history(reference, recipe)),
    )


def _history(reference: Reference, recipe: Recipe) -> Iterator[dict[str, Any]]:
    """Lines as BuildKit writes them: one for each layer, and those that only set something."""
    name = reference.repository.rpartition("/")[2]

    def line(text: str, **more: bool) -> dict[str, Any]:
        return {"created": "2026-01-01T00:00:00Z", "created_by": f"{text} # buildkit", **more}

    for seed, _ in recipe.shared:
        yield line(f"ADD {seed.replace(' ', '-')}-rootfs.tar.xz /")
    for number, size in enumerate(recipe.own):
        if size < _SMALL:
            yield line(f"COPY {number}-{name}.conf /etc/{name}/")
        else:
            steps = f"set -eux; ./install {name} --part {number}; rm -rf /var/cache/*"
            yield line(f"RUN /bin/sh -c {steps}")
    for word in ("Entrypoint", "Cmd", "StopSignal"):
        if value := recipe.config.get(word):
            yield line(f"{word.upper()} {json.dumps(value)}", empty_layer=True)


def _index(images: Sequence[tuple[Platform, ImageParts]]) -> bytes:
    entries = [
        {
            "mediaType": MANIFEST,
            "digest": digest(parts.manifest),
            "size": len(parts.manifest),
            "platform": {
                "architecture": each.architecture,
                "os": each.os,
                **({"variant": each.variant} if each.variant else {}),
            },
        }
        for each, parts in images
    ]
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
