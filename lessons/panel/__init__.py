"""The panel that all lessons share: status, controls, news, the wire live, and what can go wrong with it."""

from lessons.panel.panel import Panel

__all__ = ["Panel"]
