"""From a screen of the running app to a small PNG."""

import re
import subprocess
import tempfile
from pathlib import Path

from textual.app import App

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
WIDEST = 1600  # pixels
COLOURS = 64  # enough for text on a dark ground; a third of the bytes
# It drops blanks at the beginning of a run of text unless told not to, and ignores textLength:
# this size makes a character of Fira Code (0.615 em) exactly as wide as a cell, 12.2 pixels.
FOR_RSVG = {"<svg ": '<svg xml:space="preserve" ', "font-size: 20px": "font-size: 19.84px"}
# Fira Code draws -- and www as one glyph, unless something without width stands between.
LIGATURE = re.compile(r"(?<=[-w=])(?=[-w=])")
APART = "\u200c"


def take(app: App[None], name: str) -> Path:
    """Save what the app shows as screenshots/<name>.png."""
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{name}.png"
    drawing = app.export_screenshot(title="ctdeck")
    for old, new in FOR_RSVG.items():
        drawing = drawing.replace(old, new)
    drawing = re.sub(r">([^<]+)</text>", lambda found: LIGATURE.sub(APART, found[0]), drawing)
    width = min(WIDEST, int(drawing.partition('viewBox="0 0 ')[2].partition(" ")[0]))
    with tempfile.TemporaryDirectory() as folder:
        (svg := Path(folder, "screen.svg")).write_text(drawing)
        convert = ["rsvg-convert", f"--width={width}", "--keep-aspect-ratio", str(svg)]
        large = subprocess.run(convert, check=True, capture_output=True).stdout
    shrink = ["pngquant", "--strip", "--speed=1", str(COLOURS), "-"]
    target.write_bytes(subprocess.run(shrink, check=True, input=large, capture_output=True).stdout)
    return target
