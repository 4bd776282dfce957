"""The newest table in the repository, between two marks in RESULTS.md; its words are by hand."""

from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- table: make bench ARGS=--write -->", "<!-- end of the table -->"


def write(text: str) -> None:
    """Put the table of today in place of the one before."""
    RESULTS.write_text(inserted(RESULTS.read_text(), text, datetime.now(UTC).date().isoformat()))


def inserted(page: str, text: str, day: str) -> str:
    """The page with this table between its marks; ValueError if it has none."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"no place for a table: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n```\n{day} · {text}\n```\n\n{END}{after}"
