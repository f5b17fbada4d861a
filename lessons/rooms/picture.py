"""The pictures of the rooms: a window for each person, the rooms with their members, and a table of who heard what."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from lessons.clients.feed import one_line
from lessons.rooms.people import People, Utterance, Window
from lessons.rooms.service import Members
from lessons.wire.views.view import View

SHOWN_LINES = 5
SHOWN_UTTERANCES = 10
HEARD, UNHEARD, SPEAKER = "●", "·", "◖"
"""The marks of the table: heard it, didn't hear it, said it and didn't hear it."""


def windows_html(people: People) -> str:
    """Return a small window for each person, side by side."""
    with people.lock:
        windows = "".join(_window_html(name, window) for name, window in people.windows.items())
    return f'<div class="rooms-windows">{windows}</div>'


def _window_html(name: str, window: Window) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in list(window.lines)[-SHOWN_LINES:])
    state = f"by {window.transport}" if window.id else "not connected"
    return (
        f'<section aria-label="window of {escape(name)}"><h5>{escape(name)} <code>{escape(window.namespace)}</code> '
        f"<small>{escape(state)}</small></h5><ol>{lines}</ol></section>"
    )


def rooms_html(people: People, members: Members) -> str:
    """Return the rooms and who is in them, as a line."""
    return f'<p class="rooms-members"><b>rooms</b> {escape(rooms_text(people, members))}</p>'


def rooms_text(people: People, members: Members) -> str:
    """Return the rooms of each namespace and who is in them, in words."""
    return one_line(" · ".join(f"{namespace}: {_rooms(people, rooms)}" for namespace, rooms in members.items()))


def _rooms(people: People, rooms: Mapping[str, list[str]]) -> str:
    named = {room: sorted(people.name_of(id) for id in ids) for room, ids in sorted(rooms.items())}
    return ", ".join(f"{room} ({', '.join(names)})" for room, names in named.items()) or "none"


def who_heard(people: People) -> View:
    """Return the newest things said, a row each, with a mark for everybody who heard it."""
    with people.lock:
        rows = [(each.title, _marks(people, each)) for each in list(people.utterances)[-SHOWN_UTTERANCES:]]
    return View(_table_html(list(people.windows), rows), _table_text(list(people.windows), rows))


def _marks(people: People, utterance: Utterance) -> list[str]:
    return [_mark(utterance, name) for name in people.windows]


def _mark(utterance: Utterance, name: str) -> str:
    count = utterance.heard[name]
    if not count:
        return SPEAKER if name == utterance.speaker else UNHEARD
    return HEARD if count == 1 else f"{HEARD}×{count}"


_WORDS = {HEARD: "heard it", UNHEARD: "didn't hear it", SPEAKER: "said it, and didn't hear it"}


def _table_html(names: list[str], rows: list[tuple[str, list[str]]]) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(title)}</th>{"".join(_cell_html(mark) for mark in marks)}</tr>'
        for title, marks in rows
    )
    legend = f'<p class="note">{HEARD} heard it · {SPEAKER} said it, and didn\'t hear it</p>'
    return (
        f'<table class="messages rooms-heard"><thead><tr><th scope="col">who heard it</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table>{legend}"
    )


def _cell_html(mark: str) -> str:
    words = _WORDS.get(mark, f"heard it {mark[2:]} times")
    return f'<td title="{words}" aria-label="{words}">{mark}</td>'


def _table_text(names: list[str], rows: list[tuple[str, list[str]]]) -> str:
    width = max([len(title) for title, _ in rows], default=0)
    lines = [f"{title:{width}}  {'    '.join(marks)}".rstrip() for title, marks in rows]
    return "\n".join([f"{'':{width}}  {'  '.join(names)}", *lines])
