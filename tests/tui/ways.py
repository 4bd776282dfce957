"""A way to do each thing that changes something, on a row of the demo where it would."""

from __future__ import annotations

from textual.pilot import Pilot

from aiocontainerd.gate import FLEETING_CALLS, READING_CALLS
from aiocontainerd.models import Key
from ctdeck.actions.action import PANE_IDS
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo
from tests.tui.apps import until

NGINX = Key("default", "docker.io/library/nginx:1.27")
REDIS = Key("default", "docker.io/library/redis:7.4")
# By action and pane; "" for what needs no row. Each has an object of its own.
ROWS: dict[tuple[str, str], Key | str] = {
    ("image.pull", "images"): "",
    ("run", "images"): NGINX,
    ("run", "containers"): Key("default", "web1"),
    ("run", "tasks"): Key("default", "web1"),
    ("task.stop", "containers"): Key("default", "web1"),
    ("task.stop", "tasks"): Key("default", "web2"),
    ("task.start", "containers"): Key("default", "migrate-42"),
    ("task.start", "tasks"): Key("default", "thumbnails"),
    ("task.restart", "containers"): Key("default", "api"),
    ("task.restart", "tasks"): Key("default", "cache"),
    ("task.kill", "containers"): Key("default", "queue-worker"),
    ("task.kill", "tasks"): Key("default", "search"),
    ("task.pause", "containers"): Key("default", "psql"),
    ("task.pause", "tasks"): Key("default", "db"),
    ("task.exec", "containers"): Key("default", "cache"),
    ("task.exec", "tasks"): Key("default", "api"),
    ("task.debug", "containers"): Key("default", "cache"),
    ("task.debug", "tasks"): Key("default", "api"),
    ("delete", "images"): REDIS,
    ("delete", "containers"): Key("default", "debug"),
    ("delete", "tasks"): Key("builds", "build-1187"),
    ("prune", "disk"): "",  # the last one: it takes what others need
}
LINES = {  # of each word, one that works on this demo
    "pull": "pull busybox:latest",
    "run": "run -v /etc:/x nginx:1.27 true",
    "stop": "stop web1",
    "kill": "kill web2",
    "restart": "restart api",
    "start": "start migrate-42",
    "exec": "exec cache ls",
    "debug": "debug --image busybox:1.36 cache",
    "rm": "rm thumbnails",
    "rmi": "rmi docker.io/library/redis:7.4",
    "pause": "pause cache",
    "resume": "resume db",
    "prune": "prune",
}
WORDS = {  # of each word, all its forms
    "pull": ("pull nginx:latest", "pull --plain-http localhost:5000/x"),
    "run": ("run nginx:1.27", "run --rm --name x -v /etc:/x nginx:1.27 true"),
    "stop": ("stop web1", "stop -f web1"),
    "kill": ("kill web1", "kill -f -s KILL web1"),
    "restart": ("restart web1", "restart -f web1"),
    "start": ("start web1", "start migrate"),
    "attach": ("attach psql",),
    "debug": ("debug cache", "debug --image alpine cache ls"),
    "exec": ("exec web1", "exec -it -u 0 web1 ls"),
    "rm": ("rm migrate", "rm -f web1"),
    "rmi": ("rmi nginx:1.27", "rmi -f nginx:1.27"),
    "pause": ("pause web1",),
    "resume": ("resume web1",),
    "ns": ("ns default", "ns all", "ns new"),
    "lock": ("lock",),
    "logs": ("logs web1", "logs -f -t web1"),
    "theme": ("theme nord", "theme"),
    "cp": ("cp web1:/etc/hosts /nonexistent/x",),
    "prune": ("prune", "prune -f"),
    "whose": ("whose 1", "whose /srv/site", "whose sha256:abcdef"),
    "stats": ("stats", "stats web1"),
    "top": ("top web1",),
    "inspect": ("inspect web1", "inspect nginx:1.27"),
    "doctor": ("doctor",),
    "help": ("help",),
    "ps": ("ps",),
} | {pane: (pane,) for pane in PANE_IDS}
LOOKING = {
    *("attach", "cp", "doctor", "help", "inspect", "lock", "logs", "ns", "ps"),
    *("stats", "theme", "top", "whose"),
    *PANE_IDS,
}
_ANSWERS = {
    "ConfirmScreen": ("y",),
    "ChooseScreen": ("enter",),
    "ExecScreen": ("enter",),
    "PruneScreen": ("enter",),
    "RunScreen": ("enter",),
    "PullScreen": (*"busybox:1.37", "enter"),
}


def changes(demo: Demo) -> int:
    """How many calls have come through that do more than read."""
    harmless = READING_CALLS | FLEETING_CALLS
    return sum(times for path, times in demo.simulator.calls.items() if path not in harmless)


async def go_to(app: CtdeckApp, pilot: Pilot[None], pane: str, row: Key | str) -> None:
    """Out of all dialogs, to this row."""
    for _ in range(6):
        if len(app.screen_stack) == 1 and not app.main.commanding:
            break
        await pilot.press("escape")
    app.main.show_pane(pane)
    if row:
        app.main.view.table.move_to_key(row)
        await until(pilot, lambda: app.main.row is not None and app.main.row.key == row, f"{row}")


async def agree(app: CtdeckApp, pilot: Pilot[None]) -> None:
    """Yes to the question, or on with the form, that is shown; what is only told is closed."""
    await pilot.press(*_ANSWERS.get(type(app.screen).__name__, ("escape",)))
