"""Who comes back: a token, known only to its owner's page, stands for a person with a name and rooms."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from pymongo.collection import Collection

Document = dict[str, Any]

KEPT_SECONDS = 30 * 24 * 3600
"""How long a person who doesn't come back is remembered."""


def person_of(token: str) -> str:
    """Return the id of a token's owner: the token's hash, so that an id doesn't help to pose as its owner."""
    return sha256(token.encode(errors="replace")).hexdigest()[:32]


class Identity(NamedTuple):
    """What is remembered about a person: the name, if there is one, and the rooms."""

    name: str | None = None
    rooms: tuple[str, ...] = ()


class Identities:
    """The `people` collection. All calls block.

    Args:
        collection: MongoDB's collection, or mongomock's.
    """

    def __init__(self, collection: Collection[Document]) -> None:
        self._people = collection
        self._people.create_index("seen", expireAfterSeconds=KEPT_SECONDS)

    def recall(self, person: str) -> Identity:
        """Return what is remembered about a person."""
        found = self._people.find_one({"_id": person})
        return Identity(found["name"], tuple(found["rooms"])) if found else Identity()

    def remember(self, person: str, identity: Identity, now: datetime) -> None:
        """Keep what is known about a person, for `KEPT_SECONDS` from now."""
        kept = {"_id": person, "name": identity.name, "rooms": list(identity.rooms), "seen": now}
        self._people.replace_one({"_id": person}, kept, upsert=True)
