"""`make screenshots`: takes the README's pictures from the demo.

ARGS="main-80x24 help" takes only those.
"""

import argparse
import asyncio
import os
import shutil


async def shoot(names: list[str]) -> None:
    """Take these, and say where each is and how large."""
    from .pictures import PICTURES

    for name in names:
        picture = await PICTURES[name].take(name)
        print(f"screenshots/{picture.name}  {picture.stat().st_size / 1000:.0f} kB", flush=True)


def main() -> None:
    """Read the names and take the pictures."""
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
    from .pictures import PICTURES  # the app looks at the terminal when it is imported

    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; all of them if none")
    names = parser.parse_args().names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    if missing := [name for name in ("rsvg-convert", "pngquant") if not shutil.which(name)]:
        parser.error(f"install librsvg2-bin, fonts-firacode, pngquant: no {missing[0]} here")
    asyncio.run(shoot(names))


if __name__ == "__main__":
    main()
