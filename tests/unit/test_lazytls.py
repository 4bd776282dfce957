"""TLS is not loaded by the start, and is whole once somebody wants it."""

import subprocess
import sys
from pathlib import Path

from tests.live.certs import new_authority

START = """
import sys
import ctdeck.__main__
import asyncio
assert "_ssl" not in sys.modules and asyncio.base_events.ssl is None
"""

TALK = """
import pathlib
import aiohttp
from aiohttp import web
from tests.live.certs import Authority

async def talk(folder):
    authority = Authority(folder / "certificate.pem", folder / "key.pem")
    app = web.Application()
    app.router.add_get("/", lambda request: web.Response(text="over TLS"))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server())
    await site.start()
    host, port = runner.addresses[0]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"https://{host}:{port}/", ssl=authority.client()) as answer:
            print(await answer.text())
    await runner.cleanup()

asyncio.run(talk(pathlib.Path(sys.argv[1])))
"""


def test_the_start_does_without_it_and_a_registry_gets_it(tmp_path: Path) -> None:
    new_authority(tmp_path)
    command = [sys.executable, "-c", START + TALK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("over TLS\n", "")


def test_what_comes_too_late_changes_nothing() -> None:
    code = "import asyncio, ctdeck.lazytls; assert asyncio.base_events.ssl is not None"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
