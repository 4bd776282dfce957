"""A program is asked, and not waited for without end."""

import asyncio
from pathlib import Path

import pytest

from aiocontainerd.programs import output_of

PATIENCE = 30.0  # s


async def test_it_says_what_it_says() -> None:
    assert (
        await output_of("sh", "-c", "echo said; echo no >&2; exit 3", patience=PATIENCE)
        == b"said\n"
    )
    assert await output_of("/no/such", patience=PATIENCE) == b""
    env = {"WORD": "given", "PATH": "/usr/bin:/bin"}
    assert await output_of("sh", "-c", "echo $WORD", patience=PATIENCE, env=env) == b"given\n"


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_one_that_does_not_end_is_ended(tmp_path: Path, is_cancelled: bool) -> None:
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 1000"
    asking = asyncio.ensure_future(
        output_of("sh", "-c", script, patience=PATIENCE if is_cancelled else 0.5)
    )
    async with asyncio.timeout(PATIENCE):
        while not pid.exists():
            await asyncio.sleep(0.01)
    if is_cancelled:
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    else:
        assert await asking == b""
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
