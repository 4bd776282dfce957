"""A canary in every place of a container: on no screen, in no byte, file or process before `x`."""

import re
import signal
from pathlib import Path

from .patched import patched
from .terminal import Terminal

C = "c4n4ryZx81"
T = "typ3dZx82"
# The canary is put together there: our own words would be in /proc/<pid>/cmdline.
WORLD = """
import json, logging
from datetime import timedelta
from ctdeck import demo
from aiocontainerd.simulator.demo import cast, host

C = "c4n4ry" + "Zx81"
JSON = json.dumps({{"env": [{{"name": "DB_PASSWORD", "value": C}}]}})
LABELS = {{"api-token": C, "config": JSON, "link": "amqp://me:" + C + "@mq/?a=b"}}
PART = cast.Part(
    "vault", cast.HUB + "/alpine:3.20", timedelta(hours=1), env=("DB_PASSWORD=" + C,),
    args=("sh", "-c", "PGPASSWORD=" + C + " app --token " + C), labels=LABELS,
)
real = demo.make_host

def make_host(**more):
    made = real(**more)
    image = made.world.space("default").images[PART.image.encode()]
    image.labels.update(LABELS)
    host.put_container(made.world, PART, None)
    host.start(made.world, PART)
    return made

demo.make_host = make_host

def prepare(app):
    async def fail():
        password = C
        try: raise KeyError("refused: " + JSON)
        except KeyError: logging.getLogger("grpc").exception("token=%s", C)
        raise ValueError("token=" + C + " " + JSON)
    def crash(): password = C; raise ValueError("refused: " + JSON + " amqp://me:" + C + "@mq")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: app.main.begin(fail(), group="x"))
    loop.add_signal_handler(signal.SIGUSR2, lambda: app.call_later(crash))
""".replace("{{", "{").replace("}}", "}")  # fmt: skip


def test_a_canary(plain: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    log = tmp_path / "log"
    folder = {"TMPDIR": str(tmp_path / "tmp")}
    with patched(WORLD, plain | folder, "--log-file", str(log)) as terminal:
        look_at_all(terminal)
        run_one_like_it(terminal)
        run_what_fails(terminal)
        terminal.kill(signal.SIGUSR1)
        terminal.wait_for("A fault in ctdeck itself")
        terminal.wait_for("token=***")
        terminal.type("\x1b")
        terminal.wait_until(lambda: "A fault" not in terminal.text, "the dialog is closed")
        assert seen(terminal.raw, C) == b""
        assert not holding(tmp_path, terminal.pid, C, T)
        terminal.type("x")
        terminal.wait_for(f"PGPASSWORD={C}")
        assert "secrets shown" in terminal.text
        terminal.type("x")
        terminal.wait_until(lambda: C not in terminal.text, "it is hidden again")
        before = len(terminal.raw)
        terminal.kill(signal.SIGUSR2)
        assert terminal.wait_end() == 1
        assert seen(terminal.raw[before:], C) == b""
        found = re.search(r"details are in (\S+\.log)", terminal.raw.decode())
    assert found is not None
    assert "ValueError: refused" in Path(found[1]).read_text()
    assert "KeyError" in log.read_text()
    assert not holding(tmp_path, 0, C, T)


def look_at_all(terminal: Terminal) -> None:
    """Each pane, tab, dialog and copy on what has the canary."""
    terminal.wait_for("web1")
    terminal.type("/vault\r")
    terminal.wait_for("sh -c PGPASSWORD=***")
    for pane in "12345":
        terminal.type(f"{pane}]")
        terminal.wait_for(f" {pane} ")
        assert C not in terminal.text
        for key, words in (("]", "─"), ("]", "─"), ("]", "─"), ("c", ""), ("?", "Esc closes")):
            terminal.type(key)
            terminal.wait_for(words)
            assert C not in terminal.text
        terminal.type("\x1b")
        terminal.wait_until(lambda: "Esc closes" not in terminal.text, "the help is closed")
    terminal.type("2!")
    terminal.wait_for("The same with ctr")
    assert C not in terminal.text
    terminal.type("\x1b")
    terminal.wait_until(lambda: "The same with" not in terminal.text, "the dialog is closed")


def run_one_like_it(terminal: Terminal) -> None:
    """Open the form with its variables, and leave it."""
    terminal.type("r")
    terminal.wait_for("Enter runs")
    terminal.wait_for("DB_PASSWORD=***")
    terminal.wait_for("--token ***")
    assert C not in terminal.text
    # A busy machine may take so long to open it that a key which waits for it is forgotten.
    terminal.press_until("\x1b", lambda: "Enter runs" not in terminal.text, "the form is left")


def run_what_fails(terminal: Terminal) -> None:
    """What is typed is seen while it is typed, and nowhere afterwards."""
    terminal.type(f":run --name q -e DB_PASSWORD={T} nosuch:1 app --token {T}\r")
    terminal.wait_for("nosuch:1: ")
    terminal.type("\x1b")
    terminal.wait_until(lambda: T not in terminal.text, "the line is closed")
    terminal.type(":run ")
    terminal.wait_for(": run")
    assert T not in terminal.text
    terminal.type("\x1b")
    terminal.wait_until(lambda: ": run" not in terminal.text, "the line is closed")


def seen(raw: bytes, word: str) -> bytes:
    """What stands round the word where it was written first; empty if it never was."""
    at = raw.find(word.encode())
    return raw[max(0, at - 300) : at + 60] if at >= 0 else b""


def holding(folder: Path, pid: int, *words: str) -> list[str]:
    """The files below the folder, and the processes from this one on, that hold one of them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for each in family(pid):
        files += [Path(f"/proc/{each}/cmdline"), Path(f"/proc/{each}/environ")]
    assert files
    return [str(path) for path in files if any(word.encode() in read(path) for word in words)]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has gone
        return b""


def family(pid: int) -> list[int]:
    """The process and its descendants; none for 0."""
    parents = {}
    for each in [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]:
        stat = read(Path(f"/proc/{each}/stat")).rpartition(b")")[2].split()
        parents[each] = int(stat[1]) if stat else 0
    found = [pid] if pid else []
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found
