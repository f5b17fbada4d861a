"""How two values are shown side by side, so that a reader sees where they differ."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from lessons.wire.views.annotated import bytes_text

LONGEST_BRIEF = 200
"""How many characters `brief` shows."""


def brief(value: object) -> str:
    """Return the `repr` of a value, cut if it is long."""
    text = whole(value)
    return text if len(text) <= LONGEST_BRIEF else f"{text[:LONGEST_BRIEF]}…"


def whole(value: object) -> str:
    """Return the `repr` of a value, or its parts if its `repr` fails."""
    try:
        return repr(value)
    except Exception:
        return parts(value)


def parts(value: object) -> str:
    """Return the parts of a value, each as Python writes it, with what the value's own `repr` leaves out."""
    if is_dataclass(value) and not isinstance(value, type):
        named = (f"{field.name}={parts(getattr(value, field.name, None))}" for field in fields(value))
        return f"{type(value).__name__}({', '.join(named)})"
    if type(value) is tuple:
        return f"({', '.join(map(parts, value))}{',' if len(value) == 1 else ''})"
    if type(value) is list:
        return f"[{', '.join(map(parts, value))}]"
    try:
        return repr(value)
    except Exception as error:
        return f"<an object of type {type(value).__name__}, whose repr raises {type(error).__name__}>"


def side_by_side(seen: object, expected: object) -> list[tuple[str, str]]:
    """Return the rows for a value that isn't the one expected; if both look alike, a row says how they differ.

    Args:
        seen: what the student's function returned.
        expected: what a right one returns.
    """
    rows = [("expected", _as_bytes_or_brief(expected)), ("seen", _as_bytes_or_brief(seen))]
    if isinstance(seen, bytes) and isinstance(expected, bytes):
        return [*rows, ("difference", _first_difference(seen, expected))]
    if rows[0][1] == rows[1][1]:
        return [rows[0], ("seen", _cut(parts(seen))), ("difference", difference(seen, expected))]
    return rows


def difference(seen: object, expected: object, where: str = "it") -> str:
    """Return, in words, where two values that look alike begin to differ.

    Args:
        seen: what the student's function returned.
        expected: what a right one returns.
        where: what the two values are called.
    """
    for name, one, other in _pairs(seen, expected):
        if one != other or type(one) is not type(other):
            return difference(one, other, name if where == "it" else f"{where}, {name}")
    return (
        f"{where} is {_cut(parts(seen))}, of type {type(seen).__name__}, "
        f"and should be {_cut(parts(expected))}, of type {type(expected).__name__}"
    )


def _pairs(seen: object, expected: object) -> list[tuple[str, object, object]]:
    """Return the parts of two values of one kind, each with its name."""
    if type(seen) is not type(expected):
        return []
    if is_dataclass(seen) and is_dataclass(expected):
        return [(field.name, getattr(seen, field.name), getattr(expected, field.name)) for field in fields(seen)]
    if isinstance(seen, (tuple, list)) and isinstance(expected, (tuple, list)) and len(seen) == len(expected):
        return [(f"item {at}", one, other) for at, (one, other) in enumerate(zip(seen, expected, strict=True))]
    return []


def _as_bytes_or_brief(value: object) -> str:
    return bytes_text(value, ()) if isinstance(value, bytes) and value else brief(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BRIEF else f"{text[:LONGEST_BRIEF]}…"


def _first_difference(seen: bytes, expected: bytes) -> str:
    for position, (one, other) in enumerate(zip(seen, expected, strict=False)):
        if one != other:
            return f"byte {position} is {one:02x} and should be {other:02x}"
    return f"{len(seen)} bytes where {len(expected)} are expected; as far as both go they are the same"
