"""An aiohttp application that serves on the loopback address from a thread of its own."""

import asyncio
import ssl
import threading
from typing import Self

from aiohttp import web


class Served:
    """Base of the test servers: start and stop as a context manager, `url` in between.

    The application runs in its own event loop, so blocking tests and `ctr` can talk to it.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """Return the application to serve."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """Host and port, as they stand in an image reference."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://{self.address}"

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(20)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close all connections and end the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        """Listen on a free port."""
        self._runner = web.AppRunner(
            self.application(), access_log=None, handler_cancellation=True, shutdown_timeout=0
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, 0, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        """Stop listening and let what is left of the loop finish."""
        if self._runner is not None:
            # An idle client of TLS need not answer that it closes, too: do not wait for it.
            for connection in self._runner.server.connections if self._runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            await asyncio.sleep(0)  # what is aborted is closed in the loop's next turn
            await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
