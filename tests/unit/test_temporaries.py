"""Private folders of the simulator: they go with who made them, or with the next one's start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.simulator.temporaries import Temporary

MADE = """
import sys, time
from aiocontainerd.simulator.temporaries import Temporary
made = Temporary("x-")
print(made.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def maker(place: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds a folder until it is killed."""
    command = [sys.executable, "-c", MADE]
    environment = {**os.environ, "TMPDIR": str(place)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def age(folder: Path) -> None:
    """Let it be an hour old."""
    os.utime(folder, (time.time() - 3600,) * 2)


def test_it_is_private_and_goes(place: Path) -> None:
    with Temporary("x-") as name:
        assert Path(name).parent == place
        assert Path(name).name.startswith("x-")
        assert Path(name).stat().st_mode & 0o777 == 0o700
        Path(name, "file").touch()
    made = Temporary("x-")
    made.cleanup()
    made.cleanup()
    assert not list(place.iterdir())


def test_what_a_killed_process_left_goes_with_the_next(
    place: Path, maker: "subprocess.Popen[str]"
) -> None:
    assert maker.stdout is not None
    left = Path(maker.stdout.readline().strip())
    (left / "file").touch()
    age(left)
    with Temporary("x-"):
        assert (left / "file").exists(), "its process lives"
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    with Temporary("y-"):
        assert left.exists(), "it is of another kind"
    with Temporary("x-"):
        assert not left.exists()


def test_nothing_else_goes(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name, mode in (("x-new", 0o700), ("x-open", 0o755), ("other", 0o700)):
        (place / name).mkdir()
        (place / name).chmod(mode)
    (place / "x-file").touch()
    (place / "x-link").symlink_to(elsewhere)
    if os.geteuid() == 0:
        (place / "x-other").mkdir(mode=0o700)
        os.chown(place / "x-other", 65534, 65534)
    for path in (elsewhere, *place.iterdir()):
        if path.name != "x-new":  # somebody may be about to hold it
            age(path)
    before = sorted(place.iterdir())
    with Temporary("x-"):
        pass
    assert sorted(place.iterdir()) == before
    assert elsewhere.exists()


def test_the_next_one_does_not_wait_for_hundreds(place: Path) -> None:
    for number in range(50):
        (place / f"x-{number}").mkdir(mode=0o700)
        age(place / f"x-{number}")
    with Temporary("x-"):
        assert 20 < len(list(place.iterdir())) < 50
    with Temporary("x-"), Temporary("x-"):
        assert len(list(place.iterdir())) == 2
