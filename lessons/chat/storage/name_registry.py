"""Who has which name, across all processes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lessons.chat.rules.names import Owner, name_key

Document = dict[str, Any]

LEASE = timedelta(seconds=15)


class NameTaken(Exception):  # noqa: N818 - an answer, no error
    """Somebody else has the name."""


class NameRegistry:
    """The `names` collection, and `servers`, which tells the servers that are alive.

    A name belongs to one person and lists the servers that this person is connected to. It is free when none of
    them is alive: a server says every few seconds that it is, so the names of one that died are free
    when its lease has ended. All calls block.

    Args:
        database: where the two collections are.
        server: the id of this server.
    """

    def __init__(self, database: Database[Document], server: str) -> None:
        self._names = database["names"]
        self._servers = database["servers"]
        self._server = server

    def stay_alive(self, now: datetime) -> None:
        """Say that this server is alive until `now + LEASE`."""
        self._servers.update_one({"_id": self._server}, {"$set": {"until": now + LEASE}}, upsert=True)

    def go(self) -> None:
        """Say that this server is gone, and with it all that it holds."""
        self._servers.delete_one({"_id": self._server})

    def claim(self, name: str, person: str, now: datetime) -> bool:
        """Take a name for a person who is connected to this server.

        Returns:
            Whether the name was free before; False if the person had it already.

        Raises:
            NameTaken: somebody else has it.
        """
        while True:
            held = self._names.find_one({"_id": name_key(name)})
            is_new = held is None or not self._is_alive(held, now)
            if held and held["person"] != person and not is_new:
                raise NameTaken(name)
            if self._take(held, name, person, is_new):
                return is_new

    def release(self, name: str, person: str, now: datetime) -> bool:
        """Give up this server's hold of a name.

        Returns:
            Whether the name is free now.
        """
        mine = {"_id": name_key(name), "person": person}
        self._names.update_one(mine, {"$pull": {"servers": self._server}})
        held = self._names.find_one(mine)
        if held is None or self._is_alive(held, now):
            return False
        return self._names.delete_one(held).deleted_count == 1

    def find(self, name: str, now: datetime) -> Owner | None:
        """Tell who has the name; None if it is free."""
        held = self._names.find_one({"_id": name_key(name)})
        return Owner(held["person"], held["name"]) if held and self._is_alive(held, now) else None

    def present(self, now: datetime) -> list[str]:
        """List the names of all who are here, in alphabetical order."""
        alive = [server["_id"] for server in self._servers.find({"until": {"$gt": now}})]
        held = self._names.find({"servers": {"$in": alive}}, sort=[("_id", 1)])
        return [document["name"] for document in held]

    def _is_alive(self, held: Mapping[str, Any], now: datetime) -> bool:
        alive = {"_id": {"$in": held["servers"]}, "until": {"$gt": now}}
        return self._servers.find_one(alive) is not None

    def _take(self, held: Document | None, name: str, person: str, is_new: bool) -> bool:
        """Write the claim, unless somebody changed what was read; then the caller reads again."""
        if held and held["person"] == person:
            return self._names.update_one(held, {"$addToSet": {"servers": self._server}}).matched_count == 1
        claimed = {"_id": name_key(name), "name": name, "person": person, "servers": [self._server]}
        if held:
            return self._names.replace_one(held, claimed).matched_count == 1
        try:
            self._names.insert_one(claimed)
        except DuplicateKeyError:
            return False
        return True
