"""The least Textual app that also imports gRPC: what no start of ours can beat by much."""

import grpc  # noqa: F401  what it costs is the point
from textual.app import App, ComposeResult
from textual.widgets import Label

WORDS = "bare-and-ready"


class Bare(App[None]):
    """One label."""

    def compose(self) -> ComposeResult:
        """Show the words that the bench waits for."""
        yield Label(WORDS)


if __name__ == "__main__":
    Bare().run()
