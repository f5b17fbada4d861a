"""The error that a person is meant to read."""


class LessonError(Exception):
    """Something a person can put right: what happened, where, and what to do.

    In a notebook it shows its one message instead of a long traceback, since the message names the cause.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of the traceback."""
        return [f"{type(self).__name__}: {self}"]
