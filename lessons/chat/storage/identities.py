"""Who comes back: a token, known to its owner's page alone, stands for a person with a name and rooms."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from pymongo.collection import Collection

Document = dict[str, Any]

KEPT_SECONDS = 30 * 24 * 3600


def person_of(token: str) -> str:
    """Tell whose token this is: an id is a token's hash, so who reads ids can't pose as anybody."""
    return sha256(token.encode(errors="replace")).hexdigest()[:32]


class Identity(NamedTuple):
    """What is remembered of a person: the name, if there is one, and the rooms."""

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
        """Tell what is remembered of a person."""
        found = self._people.find_one({"_id": person})
        return Identity(found["name"], tuple(found["rooms"])) if found else Identity()

    def remember(self, person: str, identity: Identity, now: datetime) -> None:
        """Keep what is known of a person, for `KEPT_SECONDS` from now."""
        kept = {"_id": person, "name": identity.name, "rooms": list(identity.rooms), "seen": now}
        self._people.replace_one({"_id": person}, kept, upsert=True)
