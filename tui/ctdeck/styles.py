"""Where the .tcss files are: beside the package in a wheel, at the top of a working copy."""

from pathlib import Path


def style_path(name: str) -> Path:
    """The path of `styles/<name>.tcss`; raises FileNotFoundError if it was not shipped."""
    here = Path(__file__).resolve().parent
    for folder in (here / "styles", here.parent.parent / "styles"):
        path = folder / f"{name}.tcss"
        if path.is_file():
            return path
    raise FileNotFoundError(f"ctdeck was installed without its style sheet {name}.tcss")
