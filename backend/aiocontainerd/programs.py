"""What a program of this host says when it is asked."""

import asyncio
from collections.abc import Mapping


async def output_of(*command: str, patience: float, env: Mapping[str, str] | None = None) -> bytes:
    """All that it writes on stdout, whatever its exit status.

    Nothing if it cannot be run, or is not done after `patience` seconds: then it is ended, as it is
    when we are cancelled.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=env,
        )
    except OSError:
        return b""
    try:
        async with asyncio.timeout(patience):
            output, _ = await process.communicate()
        return output
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
