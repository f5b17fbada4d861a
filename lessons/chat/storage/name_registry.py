"""Who has which name, across all processes."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lessons.chat.rules.names import Owner, name_key

Document = dict[str, Any]

LEASE = 15.0
"""Seconds for which a server may be silent before it counts as dead."""


class NameTaken(Exception):  # noqa: N818 - an answer, not an error
    """Somebody else has the name."""


class NameRegistry:
    """The `names` collection, and `servers`, which says which servers are alive.

    A name belongs to one person, and lists the servers that this person is connected to. It is free when none of them
    is alive. A living server changes its beat every few moments; one whose beat stays the same for `LEASE` seconds is
    dead. Each server measures that by a timer of its own, so clocks that differ or are set do no harm. All calls block;
    `now` is the time by that timer, in seconds.

    Args:
        database: where the two collections are.
        server: the id of this server.
    """

    def __init__(self, database: Database[Document], server: str) -> None:
        self._names = database["names"]
        self._servers = database["servers"]
        self._server = server
        self._seen: dict[str, tuple[str, float]] = {}  # by server: its newest beat, and when that was first seen

    def stay_alive(self, now: float) -> None:
        """Say that this server is alive, and forget those that are dead."""
        self._servers.update_one({"_id": self._server}, {"$set": {"beat": uuid4().hex}}, upsert=True)
        alive = self._alive(now)
        for server, (beat, _) in list(self._seen.items()):
            if server not in alive:
                self._servers.delete_one({"_id": server, "beat": beat})

    def go(self) -> None:
        """Say that this server is gone, and give up all the names that it holds."""
        self._servers.delete_one({"_id": self._server})

    def claim(self, name: str, person: str, now: float) -> bool:
        """Take a name for a person who is connected to this server.

        Returns:
            Whether the name was free before; False if the person had it already.

        Raises:
            NameTaken: if somebody else has it.
        """
        while True:
            held = self._names.find_one({"_id": name_key(name)})
            is_new = held is None or not self._is_alive(held, now)
            if held and held["person"] != person and not is_new:
                raise NameTaken(name)
            if self._take(held, name, person, is_new):
                return is_new

    def release(self, name: str, person: str, now: float) -> bool:
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

    def find(self, name: str, now: float) -> Owner | None:
        """Return who has the name; None if it is free."""
        held = self._names.find_one({"_id": name_key(name)})
        return Owner(held["person"], held["name"]) if held and self._is_alive(held, now) else None

    def name_of(self, person: str, now: float) -> str | None:
        """Return the name that a person has, on whichever server; None if there is none."""
        held = self._names.find({"person": person})
        return next((each["name"] for each in held if self._is_alive(each, now)), None)

    def present(self, now: float) -> list[str]:
        """List the names of all who are here, in alphabetical order."""
        held = self._names.find({"servers": {"$in": list(self._alive(now))}}, sort=[("_id", 1)])
        return [document["name"] for document in held]

    def _is_alive(self, held: Mapping[str, Any], now: float) -> bool:
        return not self._alive(now).isdisjoint(held["servers"])

    def _alive(self, now: float) -> set[str]:
        """Note which beats have changed, and return the servers that are alive."""
        beats = {server["_id"]: server["beat"] for server in self._servers.find({})}
        for server, beat in beats.items():
            if self._seen.get(server, ("", now))[0] != beat:
                self._seen[server] = beat, now
        self._seen = {server: seen for server, seen in self._seen.items() if server in beats}
        return {server for server, (_, since) in self._seen.items() if now - since <= LEASE}

    def _take(self, held: Document | None, name: str, person: str, is_new: bool) -> bool:
        """Write the claim; return False if somebody has changed what was read, so that the caller reads again."""
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
