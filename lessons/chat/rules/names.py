"""What may be a name, of a person or of a room, and which two names are the same."""

import re
import unicodedata
from typing import NamedTuple

SYSTEM = "system"
RESERVED = frozenset({SYSTEM, "系统"})

_SURROGATE = re.compile("[\ud800-\udfff]")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's property Default_Ignorable_Code_Point, and the one blank that is a symbol, U+2800."""
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһӏαινορυ", "aeopcyxijsdhlaivopu")


class Owner(NamedTuple):
    """Who has a name.

    Attributes:
        person: the person's id.
        name: the name as its owner writes it.
    """

    person: str
    name: str


def room_key(room: str) -> str:
    """Fold a room's name: names that differ only in case, in width or by invisible characters are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", INVISIBLE.sub("", room)).casefold())


def name_key(name: str) -> str:
    """Fold a person's name like a room's; names whose letters look the same in two alphabets are one, too."""
    return room_key(name).translate(_LOOKALIKES)


def is_readable_word(name: str) -> bool:
    """Tell whether a name is one word that can be seen and read: without spaces, visible, in one alphabet.

    Latin, Greek and Cyrillic share many shapes: a name that mixes them is made to pass for another.
    """
    if not name.isprintable() or any(map(str.isspace, name)):
        return False
    shown = unicodedata.normalize("NFKC", INVISIBLE.sub("", name))
    if not any(unicodedata.category(character)[0] in "LNPS" for character in shown):
        return False
    words = {unicodedata.name(character, "").partition(" ")[0] for character in shown}
    return len(words.intersection(_ALPHABETS)) <= 1


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 can't, with U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
