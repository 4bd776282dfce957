"""Who made it, and does it still live: pids come again, and other hosts have the same."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiocontainerd import procfs
from aiocontainerd.maker import has_ended, maker

NOW = datetime.now(UTC)
BOOT, SPACE, PID, START = maker().split("/")


def test_we_live() -> None:
    assert int(PID) == os.getpid()
    assert not has_ended(maker(), NOW)


def test_a_process_lives_until_it_ends() -> None:
    script = "from aiocontainerd.maker import maker; print(maker(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        made_by = process.stdout.readline().strip()
        assert not has_ended(made_by, NOW)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie: nobody reaped it
        assert has_ended(made_by, NOW)
    assert has_ended(made_by, NOW)


@pytest.mark.parametrize(
    ("made_by", "ended"),
    [  # named: in each process of a test run they are others
        pytest.param(f"{BOOT}/{SPACE}/{PID}/1", True, id="the pid came again"),
        pytest.param(f"{BOOT}/{SPACE}/4194999/1", True, id="there is no such pid"),
        pytest.param(f"{BOOT}/0/{PID}/{START}", False, id="another pid namespace: out of sight"),
        pytest.param(
            f"{BOOT}/{SPACE.partition('.')[0]}.0/{PID}/1", False, id="another time namespace"
        ),
        pytest.param(f"another/{SPACE}/{PID}/{START}", False, id="another host, just now"),
        pytest.param("", False, id="nobody"),
        pytest.param("a/b/c/d", False, id="no numbers"),
        pytest.param(f"{BOOT}/{SPACE}/{PID}", False, id="too short"),
    ],
)
def test_only_what_is_known_to_have_ended(made_by: str, ended: bool) -> None:
    assert has_ended(made_by, NOW) is ended


def test_before_the_last_boot_nobody_lives() -> None:
    booted = datetime.fromtimestamp(procfs.boot_time(), UTC)
    assert has_ended(f"another/{SPACE}/{PID}/{START}", booted - timedelta(hours=1))
    assert not has_ended(f"another/{SPACE}/{PID}/{START}", booted)
    assert not has_ended(f"another/{SPACE}/{PID}/{START}", None)


@pytest.mark.skipif(not Path("/proc/self/ns/time").exists(), reason="the kernel has none")
def test_one_whose_clock_is_another_lives() -> None:
    """In another time namespace the same process began at another time."""
    script = "from aiocontainerd.maker import maker; print(maker(), flush=True); input()"
    shifted = ["unshare", "--fork", "--time", "--boottime", "90000", sys.executable, "-c", script]
    with subprocess.Popen(
        shifted, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        made_by = process.stdout.readline().strip()
        assert made_by.split("/")[0] == BOOT
        assert not has_ended(made_by, NOW)
        process.communicate("\n")
