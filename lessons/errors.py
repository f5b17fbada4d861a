"""The error that is written for people to read."""


class LessonError(Exception):
    """Something that people can put right: it says what happened, where, and what to do.

    In a notebook it shows this message alone, without a traceback, since the message names the cause.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of the traceback."""
        return [f"{type(self).__name__}: {self}"]
