"""Who may use a server on this machine: by the page that asks, and by the name that it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.protocols.origin import check_origin, host_name, is_loopback

HOST = "127.0.0.1:8000"
LAB = "http://localhost:8888"
HUB = "https://hub.example.org"

WELCOME = [
    pytest.param(None, HOST, (), id="a program"),
    pytest.param("http://127.0.0.1:8000", HOST, (), id="a page of its own"),
    pytest.param("http://localhost:8000", "localhost:8000", (), id="a page of its own, by name"),
    pytest.param("http://LOCALHOST:8000", "localhost:8000", (), id="upper case in the origin"),
    pytest.param("http://localhost:8000", "LocalHost:8000", (), id="upper case in the host"),
    pytest.param("http://[::1]:8000", "[::1]:8000", (), id="IPv6"),
    pytest.param("http://127.0.0.2:8000", "127.0.0.2:8000", (), id="another loopback address"),
    pytest.param("http://localhost", "localhost", (), id="the default port"),
    pytest.param(LAB, HOST, [LAB], id="an allowed page"),
    pytest.param(LAB, HOST, ["HTTP://LocalHost:8888"], id="an allowed page, upper case"),
    pytest.param(HUB, "hub.example.org", [HUB], id="an allowed page through its proxy"),
    pytest.param(None, "hub.example.org", [HUB], id="a GET through the proxy of an allowed page"),
    pytest.param(None, "HUB.example.org", [HUB], id="the same, upper case"),
]


@pytest.mark.parametrize(("origin", "host", "allowed"), WELCOME)
def test_welcome(origin, host, allowed):
    assert check_origin(origin, host, allowed) is None


FOREIGN = "RFC 6454 §7"
NOT_OUR_NAME = "RFC 9110 §7.2"
REFUSED = [
    pytest.param("http://evil.example", HOST, (), FOREIGN, id="a foreign page"),
    pytest.param("http://127.0.0.1:9999", HOST, (), FOREIGN, id="another port"),
    pytest.param("http://localhost:8000", HOST, (), FOREIGN, id="another name of the same machine"),
    pytest.param("http://127.0.0.1:8000.evil.example", HOST, (), FOREIGN, id="a host that begins like ours"),
    pytest.param("http://evil.example/http://127.0.0.1:8000", HOST, (), FOREIGN, id="a path that ends like ours"),
    pytest.param("null", HOST, (), FOREIGN, id="null"),
    pytest.param("null", HOST, ["null"], FOREIGN, id="null, allowed by mistake"),
    pytest.param("", HOST, [""], FOREIGN, id="empty, allowed by mistake"),
    pytest.param("http://evil.example", HOST, [LAB], FOREIGN, id="a foreign page beside an allowed one"),
    pytest.param("https://localhost:8888", HOST, [LAB], FOREIGN, id="an allowed host by another scheme"),
    pytest.param("http://evil.example:8000", "evil.example:8000", (), NOT_OUR_NAME, id="DNS rebinding"),
    pytest.param(None, "evil.example:8000", (), NOT_OUR_NAME, id="DNS rebinding, a GET of the page's own"),
    pytest.param(None, "localhost.evil.example", (), NOT_OUR_NAME, id="a name that begins like ours"),
    pytest.param(None, "192.168.1.5:8000", (), NOT_OUR_NAME, id="another address"),
    pytest.param(None, "", (), NOT_OUR_NAME, id="no name"),
    pytest.param(None, "", ["", "null"], NOT_OUR_NAME, id="no name, allowed by mistake"),
    pytest.param(None, "[::1", (), NOT_OUR_NAME, id="half a bracket"),
    pytest.param(HUB, "other.example.org", [HUB], NOT_OUR_NAME, id="another proxy"),
]


@pytest.mark.parametrize(("origin", "host", "allowed", "section"), REFUSED)
def test_refused(origin, host, allowed, section):
    refusal = check_origin(origin, host, allowed)
    assert (refusal.status, refusal.section) == (403, section)
    assert repr(host if section == NOT_OUR_NAME else origin) in refusal.reason


def test_a_server_for_all_addresses_answers_to_any_name_but_not_to_any_page():
    assert check_origin(None, "class.example:8000", loopback=False) is None
    assert check_origin("http://class.example:8000", "class.example:8000", loopback=False) is None
    assert check_origin("http://evil.example", "class.example:8000", loopback=False).section == FOREIGN


@pytest.mark.parametrize("origin", ["null", ""])
def test_no_origin_is_that_of_a_request_without_a_host(origin):
    assert check_origin(origin, "", loopback=False).section == FOREIGN


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.booleans())
def test_any_text_is_judged(origin, host, allowed, loopback):
    refusal = check_origin(origin, host, allowed, loopback)
    assert refusal is None or refusal.status == 403


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "::1"), ("LocalHost", "localhost"), ("[", ""), ("", "")],
)
def test_the_name_in_a_host(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_names_of_this_machine(name):
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", "example.org", "10.0.0.1", "0.0.0.0", "::", "127.0.0.1.example"])
def test_names_of_others(name):
    assert not is_loopback(name)
