"""Who comes back."""

from datetime import UTC, datetime

from lessons.chat.storage.identities import Identities, Identity, person_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_person_is_remembered(database):
    person = person_of("token-1")
    Identities(database["people"]).remember(person, Identity("Ann", ("red",)), NOW)
    Identities(database["people"]).remember(person, Identity("Ann", ("red", "green")), NOW)
    assert Identities(database["people"]).recall(person) == Identity("Ann", ("red", "green"))


def test_a_stranger_is_nobody_yet(database):
    assert Identities(database["people"]).recall(person_of("token-2")) == Identity(None, ())


def test_the_store_holds_no_token(database):
    Identities(database["people"]).remember(person_of("token-1"), Identity("Ann"), NOW)
    assert "token-1" not in str(list(database["people"].find()))
    assert person_of("token-1") != person_of("token-2")
