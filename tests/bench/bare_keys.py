"""The least Textual app that paints something at each key: what no key of ours can beat by much."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Label

WORDS = "keys so far:"


class BareKeys(App[None]):
    """A number on a label."""

    count = 0

    def compose(self) -> ComposeResult:
        """Show the words that the bench waits for."""
        yield Label(f"{WORDS} 0")

    def on_key(self, event: events.Key) -> None:
        """Count the key; the label stays where it is, so that nothing is laid out anew."""
        event.stop()
        self.count += 1
        self.query_one(Label).update(f"{WORDS} {self.count % 10}", layout=False)


if __name__ == "__main__":
    BareKeys().run()
