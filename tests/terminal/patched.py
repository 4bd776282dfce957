"""The command with something done to it before it begins."""

import json
import sys
from pathlib import Path
from typing import Any

from .terminal import Terminal

# What stands before main is what a test does to the program; `app` is there from its start on.
PATCHED = """
import asyncio, os, signal, sys
from ctdeck import starting
from ctdeck.__main__ import main
from ctdeck.firstpicture.stage import Stage
really_start = starting.start

async def start(*arguments):
    app = await really_start(*arguments)
    prepare(app)
    return app

def on_usr1(*call):  # in the loop: between two lines of ours it might cut one in two
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, *call)

def on_usr2(*call):
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, *call)

starting.start = start
if not {}:  # what is seen is the app's
    Stage.size = None
sys.argv[0] = "ctdeck"
{}
sys.exit(main())
"""


def patched(
    code: str,
    environment: dict[str, str],
    *arguments: str,
    size: tuple[int, int] = (30, 110),
    picture: bool = False,
) -> Terminal:
    """ctdeck on its demo; `code` defines `prepare(app)`, called before the app runs.

    `size` is in lines and columns. With a first `picture` something is seen before it runs.
    """
    program = [sys.executable, "-c", PATCHED.format(picture, code), "--demo", *arguments]
    return Terminal(program, environment, *size)


# What goes on inside, again and again in the file REPORT, however the terminal is.
REPORTING = """
import json
from pathlib import Path

def log_lines(screen):  # that have come in, if it shows a log
    feed = getattr(screen, "feed", None)
    return len(screen.view.lines) + screen.view.lines.dropped + feed.skipped if feed else 0

def report(app):
    session, file = app.session, Path(os.environ["REPORT"])
    jobs = session.pulls.jobs if session else ()
    told = {
        "containers": [key.id for key in session.store.snapshot.containers] if session else [],
        "downloaded": sum(job.progress.downloaded for job in jobs),
        "pulled": [job.done for job in jobs],
        "ending": app._exit,
        "log": log_lines(app.screen_stack[-1] if app.screen_stack else None),
    }
    new = file.with_suffix(".new")
    new.write_text(json.dumps(told))
    new.replace(file)
    asyncio.get_running_loop().call_later(0.05, report, app)
"""


class Reporting:
    """Reads it; `environment` is for the program."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._file = folder / "report"
        self.environment = {**environment, "REPORT": str(self._file)}

    def __getitem__(self, name: str) -> Any:
        return json.loads(self._file.read_text())[name] if self._file.exists() else None
