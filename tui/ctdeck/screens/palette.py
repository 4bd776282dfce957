"""The command palette, fed from the one table of actions."""

from __future__ import annotations

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ctdeck.actions import ACTIONS, Action
from ctdeck.screens.footing import refused
from ctdeck.screens.main import MainScreen

UNLISTED = ("move.", "palette", "back", "tab.", "sort.")


class PaletteScreen(CommandPalette):
    """Textual's own, in which a page key does not end ctdeck where no line has room."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region.area:
            super()._action_command_list(action)


class ActionsProvider(Provider):
    """Actions that work in the pane under the palette, by name."""

    def _actions(self) -> list[tuple[Action, str]]:
        """Each with the line that stands for it: its name and its keys."""
        main = self.screen
        if not isinstance(main, MainScreen):
            return []
        return [
            (action, _line(action, main))
            for action in ACTIONS
            if action.works_in(main.pane_id)
            and not action.id.startswith(UNLISTED)
            and not (action.changes and refused(main, action))
        ]

    def _run(self, action: Action) -> None:
        main = self.screen
        if isinstance(main, MainScreen):
            main.action_do(action.id)

    async def discover(self) -> Hits:
        """All of them."""
        for action, line in self._actions():
            yield DiscoveryHit(
                Content(line), lambda a=action: self._run(a), line, help=action.tooltip
            )

    async def search(self, query: str) -> Hits:
        """Those that match what was typed."""
        matcher = self.matcher(query)
        for action, line in self._actions():
            if (score := matcher.match(f"{line} {action.tooltip}")) > 0:
                yield Hit(
                    score, Content(line), lambda a=action: self._run(a), line, help=action.tooltip
                )


def _line(action: Action, main: MainScreen) -> str:
    keys = " ".join(action.shown_keys(main.settings.keys))
    return f"{action.title}  ({keys})" if keys else action.title
