"""Names across processes: one owner each, free when their owner is gone, however that came."""

import pytest

from lessons.chat.rules.names import Owner
from lessons.chat.storage.name_registry import LEASE, NameRegistry, NameTaken

NOW = 1000.0


@pytest.fixture
def servers(database):
    """Two servers that share a database."""
    both = [NameRegistry(database, "server-a"), NameRegistry(database, "server-b")]
    for server in both:
        server.stay_alive(NOW)
    return both


def test_a_name_has_one_owner_in_all_processes(servers):
    a, b = servers
    assert a.claim("Ann", "p1", NOW) is True
    with pytest.raises(NameTaken):
        b.claim("ANN", "p2", NOW)
    assert b.find("ann", NOW) == Owner("p1", "Ann")


def test_a_released_name_is_free(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    assert a.release("Ann", "p1", NOW) is True
    assert b.find("Ann", NOW) is None
    assert b.claim("Ann", "p2", NOW) is True


def test_a_name_stays_while_its_owner_is_connected_to_another_server(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    assert b.claim("Ann", "p1", NOW) is False
    assert a.release("Ann", "p1", NOW) is False
    with pytest.raises(NameTaken):
        a.claim("Ann", "p2", NOW)
    assert b.release("Ann", "p1", NOW) is True


def test_nobody_else_can_release_a_name(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    assert b.release("Ann", "p2", NOW) is False
    assert a.find("Ann", NOW) == Owner("p1", "Ann")


def test_the_names_of_a_server_that_died_are_free_when_its_lease_ends(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    b.stay_alive(NOW + LEASE)
    later = NOW + LEASE + 1
    assert b.find("Ann", later) is None
    assert b.claim("Ann", "p2", later) is True
    assert b.find("Ann", later) == Owner("p2", "Ann")


def test_the_names_of_a_server_that_goes_are_free_at_once(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    a.go()
    assert b.present(NOW) == []
    assert b.claim("Ann", "p2", NOW) is True


def test_a_name_is_free_though_a_dead_server_still_holds_it(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    b.claim("Ann", "p1", NOW)
    a.go()
    assert b.release("Ann", "p1", NOW) is True
    assert b.claim("Ann", "p2", NOW) is True


def test_all_who_are_here_are_listed_once(servers):
    a, b = servers
    for server, name in [(a, "Bob"), (b, "Ann"), (b, "Bob")]:
        server.claim(name, f"p-{name}", NOW)
    assert a.present(NOW) == b.present(NOW) == ["Ann", "Bob"]


def test_a_server_whose_beats_go_on_is_alive_by_any_timer(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    for beat in range(10):
        a.stay_alive(-1e6 * beat)  # whatever its own timer says
        b.stay_alive(NOW + beat * LEASE)
        assert b.present(NOW + beat * LEASE) == ["Ann"]


def test_a_server_that_died_is_forgotten(servers, database):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    b.stay_alive(NOW + LEASE + 1)
    assert [server["_id"] for server in database["servers"].find({})] == ["server-b"]


def test_a_server_that_was_taken_for_dead_and_goes_on_is_back(servers):
    a, b = servers
    a.claim("Ann", "p1", NOW)
    b.stay_alive(NOW + LEASE + 1)
    a.stay_alive(NOW + LEASE + 1)
    assert b.present(NOW + LEASE + 1) == ["Ann"]
