"""The command palette, fed from the one table of actions."""

from __future__ import annotations

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

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

    def _actions(self) -> list[Action]:
        main = self.screen
        if not isinstance(main, MainScreen):
            return []
        return [
            action
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
        for action in self._actions():
            text = f"{action.title}  ({action.shown_keys})"
            yield DiscoveryHit(text, lambda a=action: self._run(a), help=action.tooltip)

    async def search(self, query: str) -> Hits:
        """Those that match what was typed."""
        matcher = self.matcher(query)
        for action in self._actions():
            text = f"{action.title}  ({action.shown_keys})"
            if (score := matcher.match(f"{text} {action.tooltip}")) > 0:
                yield Hit(score, text, lambda a=action: self._run(a), help=action.tooltip)
