"""Text that means harm, or that no column was made for; and a simulated host full of it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

from google.protobuf.any_pb2 import Any

from aiocontainerd.pb import containers_pb2, images_pb2, process_pb2, tasks_pb2, types_pb2
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb.typeurl import SPEC_URL
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.world import ContainerRecord, StoredTask, World

LONG = 90_000  # cells
SEQUENCES = {
    "clear": "\x1b[2J\x1b[H\x1b[31m",
    "reset": "\x1bc",
    "title": "\x1b]0;pwned\x07",
    "clipboard": "\x1b]52;c;cHduZWQ=\x1b\\",
    "hyperlink": "\x1b]8;;https://example.invalid\x1b\\x\x1b]8;;\x1b\\",
    "dcs": "\x1bP$q m\x1b\\\x1bP+q544e\x1b\\",
    "apc": "\x1b_Gi=1\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
    "ss3": "\x1bOP\x1bNP",
    "answer": "\x1b[6n\x1b[c\x1bZ\x1b[21t\x05",
    "charset": "\x1b(0\x0e\x0f\x1b%@",
    "c1csi": "\x9b2J\x9b31m",
    "c1osc": "\x9d0;pwned\x9c",
    "c1others": "\x90q\x9c\x9fa\x9c\x8fP\x84\x85\x8d\x98",
    "half": "\x1b[",
    "breaks": "one\ntwo\r\nthree\tfour\x0b\x0c\x08\x08\x7f",
    "nul": "a\x00b",
    "lines": "a\u2028b\u2029c",
}
HIDDEN = {
    "bidi": "\u202egnp.exe\u202c\u2066x\u2067y\u2068z\u2069\u202a\u202b\u202d\u061c\u200e\u200f",
    "zerowidth": "a\u200bb\u200cc\u200dd\u2060e\ufefff\xadg\u180eh",
    "tags": "x\U000e0001\U000e0068\U000e0069\U000e007f",
    "interlinear": "\ufff9a\ufffab\ufffb",
    "fillers": "a\u3164b\u115fc\uffa0d\u034fe\u1160f\u17b4g\u2800h\U00016fe4",
    "variation": "a\ufe0f\ufe0e\U000e0100#\ufe0f\u20e3\u180b\u180f",
    "nothing": "a\ufdd0b\uffffc\U0001fffed\ufff0e",
    "blanks": "a\xa0b\u2003c\u3000d\u202f",
}
MARKUP = {
    "close": "[/]",
    "open": "[bold",
    "click": "[@click=app.quit]x[/]",
    "hover": "[@click=app.hostile('x')]x[/@click]",
    "link": "[link=file:///etc/passwd]x[/link]",
    "style": "[bold red on white]x[/bold] $accent [$error]y[/]",
    "backslash": "\\[b]x\\[/b]\\",
    "emoji": ":smile: :+1:",
    "braces": "{0} %s {escape} ${HOME}",
}
ODD = {
    "marks": "Z" + "\u0301\u0336\u0489" * 100,
    "lonely": "\u0301\u0301x",
    "hebrew": "שלום עולם",
    "arabic": "مرحبا بالعالم",
    "wide": "漢字かな한국어" * 3,
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🇩🇪 👍🏽 ❤\ufe0f",
    "private": "\ue0b0\U000f0000\U0010fffd",
    "unassigned": "\u0378\U0001fbff",
}
SURROGATES = {"lone": "a\udce9b\ud800c"}  # in JSON, file names and arguments
TEXTS = {**SEQUENCES, **HIDDEN, **MARKUP, **{f"odd{name}": text for name, text in ODD.items()}}
LONGEST = {"long": "x" * LONG, "longwide": "漢" * (LONG // 2), "longmarks": "a" + "\u0301" * LONG}

_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_EMPTY = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U00016fe4\U0001fffe\U000e0000-\U000e0fff]"
)
SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_PROPER = "io.containerd.runc.v2"


def obeyed(text: str) -> set[str]:
    """The characters in it that a terminal obeys, or cannot be sent."""
    return set(_OBEYED.findall(text))


def invisible(text: str) -> set[str]:
    """The characters in it that hide what is there."""
    found = {c for c in text if unicodedata.category(c) in ("Cf", "Zs") and c not in f" {SIGNS}"}
    return found | set(_EMPTY.findall(text))


def hostile_world(world: World, namespace: str = "default") -> None:
    """One image, container and mount for each text; every other container has a task."""
    texts = {**TEXTS, **LONGEST}
    for number, (name, text) in enumerate(texts.items()):
        _add_image(world, namespace, name, text)
        _add_container(world, namespace, f"c-{name}", text)
        if number % 2:
            _add_task(world, namespace, f"c-{name}")
    _add_container(world, namespace, "c-lone", SURROGATES["lone"], wire="lone")


def image_name(name: str, text: str) -> str:
    """What the image is called that stands for this text."""
    return f"img-{name} {text}"


def _add_image(world: World, namespace: str, name: str, text: str) -> None:
    full = image_name(name, text)
    short = text[:2000]
    world.space(namespace).images[full.encode()] = images_pb2.Image(
        name=full.encode(),
        labels={f"key {short}": short, "token": short},
        target=types_pb2.Descriptor(
            media_type=f"application/{short}",
            digest=f"sha256:{hashlib.sha256(full.encode()).hexdigest()}",
            size=1000,
            annotations={short: short},
        ),
        created_at=world.stamp(),
        updated_at=world.stamp(),
    )


def _add_container(
    world: World, namespace: str, id: str, text: str, *, wire: str | None = None
) -> None:
    """`wire` is what stands where text has to be UTF-8; in the spec any JSON may be."""
    sent = text if wire is None else wire
    short = sent[:2000]
    message = containers_pb2.Container(
        id=id,
        labels={f"key {short}": short, "nerdctl/name": short, "io.ctdeck/log": f"/{short}"},
        image=image_name(id.removeprefix("c-"), sent),
        runtime=containers_pb2.Container.Runtime(name=f"{_PROPER} {short}"),
        snapshotter=f"overlayfs {short}",
        snapshot_key=f"{id} {short}",
        spec=Any(type_url=SPEC_URL, value=json.dumps(_spec(text)).encode()),
        created_at=world.stamp(),
        updated_at=world.stamp(),
    )
    world.space(namespace).containers[id] = ContainerRecord.of(message)


def _spec(text: str) -> dict[str, object]:
    return {
        "process": {
            "args": ["run", text],
            "env": [f"NAME {text}=x", f"VALUE={text}", text],
            "cwd": f"/{text}",
            "user": {"uid": 0, "username": text},
        },
        "hostname": text,
        "root": {"path": f"/{text}"},
        "mounts": [
            {
                "destination": f"/in {text}",
                "type": text if len(text) < 100 else "bind",
                "source": f"/src {text}",
                "options": ["rbind", text],
            },
            {"destination": text, "type": "bind", "source": f"/{text}", "options": ["rbind"]},
        ],
        "linux": {"cgroupsPath": text, "namespaces": [{"type": "network", "path": text}]},
        "annotations": {text: text},
    }


def _add_task(world: World, namespace: str, id: str) -> None:
    world.space(namespace).tasks[id] = StoredTask(
        process_pb2.Process(id=id, pid=next(world.pids), status=tasks.RUNNING)
    )


def publish_all(world: World, namespace: str = "default") -> None:
    """An event of several kinds for each text."""
    for name, text in {**TEXTS, **LONGEST}.items():
        full = image_name(name, text)
        world.publish(namespace, "/images/update", images_pb2.ImageUpdate(name=full.encode()))
        world.publish(
            namespace,
            "/tasks/exec-started",
            payloads.TaskExecStarted(container_id=f"c-{name}", exec_id=text, pid=7),
        )
        world.publish(
            namespace, "/snapshot/prepare", payloads.SnapshotPrepare(key=text, parent=text)
        )
        if len(text) < 2000:  # containerd's own topics are never like this; a plugin's may be
            world.publish(namespace, f"/x/{text}", tasks_pb2.CreateTaskRequest(container_id=text))
