"""The reference solution of lesson 9's exercise, for instructors and for the tests. Students: try your own first."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def audience(speaker: str, rooms: Mapping[str, Collection[str]], text: str) -> set[str]:
    """Decide who hears a message: two people, the members of the speaker's rooms, or everybody.

    Args:
        speaker: the name of who says it.
        rooms: for each person who is there the rooms that this person is in.
        text: what is said.
    """
    if text.startswith("@"):
        name = text[1:].partition(" ")[0]
        return {speaker, name} if name in rooms else set()
    if not rooms[speaker]:
        return set(rooms)
    return {name for name, theirs in rooms.items() if set(theirs) & set(rooms[speaker])}
