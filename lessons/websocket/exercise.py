"""The exercise of lesson 5: decide which page may open a WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError, given

MayConnect = Callable[[str, str, Collection[str]], bool]

HOST = "localhost:4000"
OWN = f"http://{HOST}"
LAB = "http://localhost:8888"
LOOK_ALIKES = ("http://localhost:40001", "http://evil-localhost:4000", "http://host:4000", "http://localhost")
REBINDING = "rebind.evil.example:4000"


def may_connect(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Decide whether a page may open a WebSocket to this server, which speaks plain HTTP, on this machine only.

    Args:
        origin: which page asks: the `Origin` header, scheme, host and port, such as `http://127.0.0.1:8000`, or `null`.
        host: by which name the page calls this server: the `Host` header, such as `127.0.0.1:8000`.
        allowed: origins that may connect although they are not this server's own.

    Returns:
        True for a page of this server and for an allowed origin, else False.
    """
    raise NotImplementedError


BEGIN = (
    "What do the origin of your own page, `http://127.0.0.1:8000`, and the host `127.0.0.1:8000` have in common?",
    "The origin of a page of this server is `http://`, and behind it the host by which the page calls the server.",
    'Begin with `return origin == f"http://{host}"`. Then check, and go on from there.',
)
SAYS_NO_TO_ITS_OWN = (
    "The page came from this very server. By which part of its origin can you see that?",
    "An origin is scheme, `://`, host and port. A `Host` header has no scheme: put it before, and compare.",
    '`origin == f"http://{host}"` is true of a page that came from the host which it now calls.',
)


def own_page_comes_in(function: MayConnect) -> None:
    """Expect a page that this server sent to be let in, by whichever name of this machine it calls the server."""
    _expect(function, OWN, True, SAYS_NO_TO_ITS_OWN)
    _expect(function, "http://127.0.0.1:4000", True, KNOWS_ONE_NAME, host="127.0.0.1:4000")


KNOWS_ONE_NAME = (
    "By how many names can a page on this machine call this server?",
    "By `127.0.0.1` and by `localhost`, each with the port behind it.",
    'The name is `host.partition(":")[0]`: look whether it is one of the two.',
)


LETS_EVERYBODY_IN = (
    "Somebody opens a page of evil.example in another tab. What can its script do with your server?",
    "`return True` switches the check off. A browser may open a WebSocket for a page of any origin, and CORS doesn't "
    "hold it back: whether that page may talk to your server is for your server to say.",
    "Return False unless the origin is your own or an allowed one.",
)


def foreign_page_stays_out(function: MayConnect) -> None:
    """Expect a page from elsewhere to be refused."""
    _expect(function, "https://evil.example", False, LETS_EVERYBODY_IN)


FORGETS_THE_PORT = (
    "Another program listens on another port of the same machine. Are its pages yours?",
    "To a browser they are of another origin: scheme, host *and port* must agree (RFC 6454, section 5).",
    "Compare host and port together, as they stand in the `Host` header.",
)


def other_ports_stay_out(function: MayConnect) -> None:
    """Expect a page from another port of the same host to be refused."""
    _expect(function, "http://localhost:9000", False, FORGETS_THE_PORT)


LOOKS_ALIKE = (
    "Who can have a name that contains yours, begins like yours or ends like yours, or a port that does?",
    "Anybody can. `in`, `startswith` and `endswith` look at a part of the text only.",
    "Compare the whole origin with `==`.",
)


def look_alikes_stay_out(function: MayConnect) -> None:
    """Expect origins that contain the server's own, or a part of it, to be refused."""
    for origin in LOOK_ALIKES:
        _expect(function, origin, False, LOOKS_ALIKE)


FORGETS_THE_SCHEME = (
    "Your server speaks plain HTTP. Can a page whose origin begins with `https` have come from it?",
    "No: the scheme is a part of the origin as the host and the port are (RFC 6454, section 5).",
    "Compare with `http://` and the host, not with what stands behind `://` alone.",
)


def other_schemes_stay_out(function: MayConnect) -> None:
    """Expect a page of the same host and port, but of another scheme, to be refused."""
    _expect(function, f"https://{HOST}", False, FORGETS_THE_SCHEME)


BELIEVES_THE_HOST = (
    "`Origin` and `Host` agree here. Who chose the name that stands in both?",
    "Whoever owns rebind.evil.example. Their page was loaded from a server of theirs, and then their DNS gave "
    "127.0.0.1 as its address: now both headers carry *their* name, and the request reaches *your* server. That is DNS "
    "rebinding.",
    "Ask first whether `host` is a name of your own, one of `127.0.0.1` and `localhost`; only then compare the origin "
    "with it.",
)


def rebound_names_stay_out(function: MayConnect) -> None:
    """Expect a page to be refused whose own name leads to this server: DNS rebinding."""
    _expect(function, f"http://{REBINDING}", False, BELIEVES_THE_HOST, host=REBINDING)
    _expect(function, "http://localhost.evil.example", False, BELIEVES_THE_HOST, host="localhost.evil.example")


FORGETS_THE_ALLOWED = (
    "JupyterLab's page has an origin of its own, and still has to connect. Where does your function get to know of it?",
    "It is in `allowed`: a collection of whole origins, each written as the browser writes it.",
    "`origin in allowed` is the second way to be let in.",
)


def allowed_origins_come_in(function: MayConnect) -> None:
    """Expect an origin of the list to be let in."""
    _expect(function, LAB, True, FORGETS_THE_ALLOWED)


ALLOWS_BY_A_PART = (
    "An allowed origin has a scheme, a host and a port. How much of it does your function compare?",
    "All three make the origin. Who can change what a page of http:// says on its way is nobody you allowed by https://.",
    "Compare an origin with those in `allowed` as a whole: `origin in allowed`, where `allowed` is the collection.",
)


def allowed_origins_count_as_a_whole(function: MayConnect) -> None:
    """Expect what resembles an allowed origin to be refused (RFC 6454, section 5)."""
    for origin in ("https://localhost:8888", "http://localhost:88", "http://localhost", "http://localhost:88888"):
        _expect(function, origin, False, ALLOWS_BY_A_PART)


LETS_NULL_IN = (
    "Which pages have no origin, and so say `null`?",
    "A frame that is sandboxed, a file, a page behind some redirects: whoever writes an attack can have `null` too.",
    "`null` is no origin that you know. Let it end where all the others end: in False.",
)


def null_stays_out(function: MayConnect) -> None:
    """Expect pages without an origin to be refused."""
    _expect(function, "null", False, LETS_NULL_IN)


def _expect(function: MayConnect, origin: str, welcome: bool, hints: Hints, host: str = HOST) -> None:
    """Expect a decision about an origin, where `LAB` is allowed."""
    with given(f"may_connect({origin!r}, {host!r}, {{{LAB!r}}})"):
        decision = function(origin, host, {LAB})
        if decision is None:
            raise NothingReturnedError(str(welcome), "None", hints)
        if bool(decision) != welcome:
            raise CaseFailedError(str(welcome), repr(decision), hints)


EXERCISE = Exercise(
    may_connect,
    [
        Case("the server's own page comes in", own_page_comes_in),
        Case("a foreign page stays out", foreign_page_stays_out),
        Case("another port of the same host stays out", other_ports_stay_out),
        Case("a name that resembles the server's stays out", look_alikes_stay_out),
        Case("another scheme stays out", other_schemes_stay_out),
        Case("a page whose name was pointed at this machine stays out", rebound_names_stay_out),
        Case("an allowed origin comes in", allowed_origins_come_in),
        Case("an allowed origin counts as a whole", allowed_origins_count_as_a_whole),
        Case("a page without an origin stays out", null_stays_out),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
