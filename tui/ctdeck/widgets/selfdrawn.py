"""What draws itself line by line: its colours are looked up when they are first drawn with."""

from __future__ import annotations

from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def line_width(widget: Widget) -> int:
    """Cells of a line of its content; while it is hidden those that it had, 0 before the first.

    Textual knows no region of what is hidden. Shown again in its old size it is not told so.
    """
    around = widget.styles.gutter.width + widget.scrollbar_gutter.width
    return max(0, widget.outer_size.width - around)


class SelfDrawn(ScrollView):
    """A scroll view whose `render_line` asks for the styles of its parts by name.

    Without COMPONENT_CLASSES: all that stand there Textual looks up whenever it styles the widget.
    For five lists with eight each that was a third of the time that styling the first screen took.
    """

    def get_component_styles(self, *names: str) -> RenderStyles:
        """As Textual's own; a name that no style sheet knows has no style."""
        for name in names:
            if name not in self._component_styles:
                node = DOMNode(classes=name)
                node._attach(self)
                self.app.stylesheet.apply(node)
                self._component_styles[name] = node.styles
        return super().get_component_styles(*names)

    def notify_style_update(self) -> None:
        """Forget what was found by other rules."""
        self._component_styles.clear()
        super().notify_style_update()

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Textual tells of a size by an event, after it has painted in it: too late to fit it."""
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            self.fit()
        return changed

    def fit(self) -> None:
        """The size is another one, and is painted in next."""
