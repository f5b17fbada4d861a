"""How a student's own function is plugged into the running chat: it decides who hears a message."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Audience = Callable[[str, Mapping[str, Collection[str]], str], Iterable[str]]
"""`audience(speaker, rooms, text)` takes who speaks, everybody's rooms by name, and what is said; it returns names."""


class OwnAudienceError(Exception):
    """The function raised, or named an impossible audience; the text tells it after the words "Your function"."""


def listeners(audience: Audience, speaker: str, rooms: Mapping[str, Sequence[str]], text: str) -> list[str]:
    """Return the names of those who are to hear a message, as the function decides.

    Args:
        audience: the function.
        speaker: the name of the person who speaks.
        rooms: for each person who is there, by name, the rooms that this person is in.
        text: what is said.

    Raises:
        OwnAudienceError: if the function raises, names nobody, somebody who isn't there, or somebody twice.
    """
    try:
        names = list(audience(speaker, {name: list(theirs) for name, theirs in rooms.items()}, text))
    except Exception as error:
        raise OwnAudienceError(f"raised {type(error).__name__}: {error}".removesuffix(": ")) from error
    if not names:
        raise OwnAudienceError("names nobody")
    for name in names:
        if name not in list(rooms):  # it may be anything, a list too
            raise OwnAudienceError(f"names {name!r}, who isn't there")
        if names.count(name) > 1:
            raise OwnAudienceError(f"names {name} more than once")
    return names
