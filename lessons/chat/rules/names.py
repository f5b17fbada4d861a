"""What may be a name, of a person or of a room, and which two names are the same."""

import re
import unicodedata
from typing import NamedTuple

SYSTEM = "system"
RESERVED = frozenset({SYSTEM, "系统"})

_PRIVATE = re.compile(r"[@＠](?P<name>\S+)\s*(?P<text>.*)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Owner(NamedTuple):
    """Who has a name: the person's id, and the name as its owner writes it."""

    person: str
    name: str


def name_key(name: str) -> str:
    """Fold a name: those that differ by case or width alone, such as `Ann` and `ａnn`, are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_readable_word(name: str) -> bool:
    """Tell whether a name is one word that can be seen: no space, no control or invisible character."""
    return bool(name) and name.isprintable() and not any(map(str.isspace, name))


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 can't, by U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def split_private(text: str) -> tuple[str, str] | None:
    """Split `@name text` into the name and the text; None if the message doesn't begin so.

    An `@` in mid-sentence is no address. The full-width `＠` of a Chinese keyboard is one: taken for
    an ordinary character, it would show everybody what was meant for one person.
    """
    address = _PRIVATE.fullmatch(text)
    return (address["name"], address["text"]) if address else None
