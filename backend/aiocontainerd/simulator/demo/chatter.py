"""What the programs of the demo say: invented lines, the same for the same numbers. Pure."""

import json
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import NamedTuple


class Said(NamedTuple):
    """One line of output, without its end."""

    text: str
    stream: str = "stdout"


Speaker = Callable[[Random, datetime], Said]
_PATHS = ("/", "/cart", "/img/kettle.webp", "/img/mug.webp", "/api/items?page=2", "/favicon.ico")
_AGENTS = ("Mozilla/5.0", "curl/8.5.0", "Googlebot/2.1")
_ITEMS = ("kettle", "mug", "teapot", "sieve", "tray")
_NAMES = ("web1.shop.svc", "db.shop.svc", "api.shop.svc", "registry.shop.example")
_PACKAGES = ("cart", "money", "mail", "search", "store", "web")


def _ip(dice: Random) -> str:
    return f"203.0.113.{dice.randrange(2, 250)}"


def nginx(dice: Random, when: datetime) -> Said:
    """An access log, and now and then an error."""
    path, status = dice.choice(_PATHS), dice.choice((200, 200, 200, 200, 304, 404))
    if dice.random() < 0.04:
        stamp = f"{when:%Y/%m/%d %H:%M:%S}"
        why = f'*{dice.randrange(9000)} open() "{path}" failed (2: No such file)'
        return Said(f"{stamp} [error] 29#29: {why}", "stderr")
    request = f'"GET {path} HTTP/1.1" {status} {dice.randrange(180, 48_000)}'
    stamp = f"{when:%d/%b/%Y:%H:%M:%S +0000}"
    return Said(f'{_ip(dice)} - - [{stamp}] {request} "-" "{dice.choice(_AGENTS)}"')


def api(dice: Random, when: datetime) -> Said:
    """Lines of JSON; what was slow is coloured."""
    took = round(dice.expovariate(1 / 18), 1)
    fields = {
        "level": "warn" if took > 60 else "info",
        "msg": "request",
        "path": dice.choice(("/items", "/cart", "/orders", "/login")),
        "status": dice.choice((200, 200, 200, 201, 401)),
        "took_ms": took,
    }
    text = json.dumps(fields)
    return Said(f"\x1b[33m{text}\x1b[0m" if took > 60 else text)


def redis(dice: Random, when: datetime) -> Said:
    """Its own form, with the role of the process."""
    words = dice.choice(
        ("100 changes in 300 seconds. Saving...", "Background saving started by pid 41",
         "DB saved on disk", "Background saving terminated with success")
    )  # fmt: skip
    return Said(f"1:M {when:%d %b %Y %H:%M:%S}.{dice.randrange(1000):03} * {words}")


def postgres(dice: Random, when: datetime) -> Said:
    """All of it on stderr, as it does."""
    table = dice.choice(("orders", "carts"))
    words = dice.choice(
        (
            "checkpoint starting: time",
            f"checkpoint complete: wrote {dice.randrange(9, 400)} buffers",
            f"duration: {dice.randrange(200, 900)}.113 ms  statement: select * from {table}",
            f'automatic vacuum of table "shop.public.{table}"',
        )
    )
    stamp = f"{when:%Y-%m-%d %H:%M:%S}.{dice.randrange(1000):03} UTC"
    return Said(f"{stamp} [60] LOG:  {words}", "stderr")


def worker(dice: Random, when: datetime) -> Said:
    """Orders; sometimes one that it does not like."""
    order = dice.randrange(70_000, 80_000)
    if dice.random() < 0.06:
        return Said(
            f"\x1b[31mERROR\x1b[0m order {order}: no such item '{dice.choice(_ITEMS)}'", "stderr"
        )
    return Said(
        f"\x1b[32mINFO\x1b[0m order {order} done: {dice.randrange(1, 5)} {dice.choice(_ITEMS)}"
    )


def coredns(dice: Random, when: datetime) -> Said:
    """Questions and how long they took."""
    name, kind = dice.choice(_NAMES), dice.choice(("A", "AAAA"))
    took = f"0.000{dice.randrange(100, 999)}s"
    asked = f'"{kind} IN {name}. udp 41 false 512" NOERROR qr,aa,rd 106 {took}'
    return Said(
        f"[INFO] 10.244.0.{dice.randrange(2, 90)}:{dice.randrange(30_000, 60_000)} - {asked}"
    )


def logfmt(dice: Random, when: datetime) -> Said:
    """As Grafana and Prometheus write, on stderr."""
    words = dice.choice(("Request Completed", "write block", "Head GC completed", "alert rule ok"))
    took = f"{dice.randrange(2, 90)}ms"
    text = f't={when:%Y-%m-%dT%H:%M:%SZ} level=info msg="{words}" duration={took}'
    return Said(text, "stderr")


def build(dice: Random, when: datetime) -> Said:
    """A test run."""
    package = dice.choice(_PACKAGES)
    if dice.random() < 0.08:
        return Said(
            f"\x1b[31m--- FAIL: Test{package.title()}Empty (0.0{dice.randrange(9)}s)\x1b[0m"
        )
    return Said(f"\x1b[32mok\x1b[0m  \tshop.example/{package}\t{dice.random() * 3:.3f}s")


def plain(dice: Random, when: datetime) -> Said:
    """Anything else."""
    verb = dice.choice(("counted", "looked at", "sent", "kept"))
    return Said(f"{when:%H:%M:%S} {verb} {dice.choice(_ITEMS)}")


_SPEAKERS: dict[str, Speaker] = {
    "nginx": nginx,
    "web": nginx,
    "api": api,
    "redis": redis,
    "postgres": postgres,
    "coredns": coredns,
    "grafana": logfmt,
    "prometheus": logfmt,
    "golang": build,
    "tools": worker,
    "mailer": worker,
}


def speaker_of(image: str) -> Speaker:
    """What a container of this image says."""
    return _SPEAKERS.get(image.rpartition("/")[2].partition(":")[0], plain)
