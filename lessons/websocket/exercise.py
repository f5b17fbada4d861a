"""The exercise of lesson 5: decide which page may open a WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lessons.exercise import Case, CaseFailedError, Exercise, Hints, NothingReturnedError

MayConnect = Callable[[str, str, Collection[str]], bool]

HOST = "news.example:8000"
OWN = f"http://{HOST}"
LAB = "http://localhost:8888"
LOOK_ALIKES = ("http://news.example.evil.example", "http://evilnews.example", "http://example")


def may_connect(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Decide whether a page may open a WebSocket to this server.

    Args:
        origin: which page asks: the `Origin` header, scheme, host and port, such as `http://127.0.0.1:80`, or `null`.
        host: by which name it calls this server: the `Host` header, such as `127.0.0.1:8000`.
        allowed: origins that may connect although they are not this server's own.

    Returns:
        True for a page of this server and for an allowed origin, else False.
    """
    raise NotImplementedError


BEGIN = (
    "What do the origin of your own page, `http://127.0.0.1:8000`, and the host `127.0.0.1:8000` have in common?",
    "All that stands behind the `://` of the origin is the host with its port. `partition` splits a text there.",
    'Begin with `return origin.partition("://")[2] == host`. Then check, and go on from there.',
)
SAYS_NO_TO_ITS_OWN = (
    "The page came from this very server. By which part of its origin can you see that?",
    "An origin is scheme, `://`, host and port. A `Host` header has no scheme: compare without it.",
    '`origin.partition("://")[2]` is the part that a `Host` header has as well.',
)


def own_page_comes_in(function: MayConnect) -> None:
    """Expect a page that this server sent to be let in."""
    _expect(function, OWN, True, SAYS_NO_TO_ITS_OWN)
    _expect(function, "https://news.example", True, SAYS_NO_TO_ITS_OWN, host="news.example")


LETS_EVERYBODY_IN = (
    "Your student opens a page of evil.example in another tab. What can its script do with your server?",
    "`return True` switches the check off. A browser lets every page open a WebSocket to everywhere, and sends the "
    "person's cookies with it. Nobody but you asks where the page is from.",
    "Return False unless the origin is your own or an allowed one.",
)


def foreign_page_stays_out(function: MayConnect) -> None:
    """Expect a page from elsewhere to be refused."""
    _expect(function, "https://evil.example", False, LETS_EVERYBODY_IN)


LOOKS_ALIKE = (
    "Who can register a name that contains yours, begins like yours or ends like yours?",
    "Anybody can. `in`, `startswith` and `endswith` look at a part of the text only.",
    "Compare the whole of what stands behind `://` with `==`.",
)


def look_alikes_stay_out(function: MayConnect) -> None:
    """Expect names that contain the server's own to be refused."""
    for origin in LOOK_ALIKES:
        _expect(function, origin, False, LOOKS_ALIKE, host="news.example")


FORGETS_THE_PORT = (
    "Another program listens on another port of the same machine. Are its pages yours?",
    "To a browser they are of another origin: scheme, host *and port* must agree (RFC 6454, section 4).",
    "Compare host and port together, as they stand in the `Host` header.",
)


def other_ports_stay_out(function: MayConnect) -> None:
    """Expect a page from another port of the same host to be refused."""
    _expect(function, "http://news.example:9000", False, FORGETS_THE_PORT)
    _expect(function, "http://news.example", False, FORGETS_THE_PORT)


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
    """Expect what resembles an allowed origin to be refused."""
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
    decision = function(origin, host, {LAB})
    if decision is None:
        raise NothingReturnedError(str(welcome), "None", hints)
    if bool(decision) != welcome:
        asked = f"may_connect({origin!r}, {host!r}, {{{LAB!r}}})"
        raise CaseFailedError(f"{welcome} from {asked}", repr(decision), hints)


EXERCISE = Exercise(
    may_connect,
    [
        Case("the server's own page comes in", own_page_comes_in),
        Case("a foreign page stays out", foreign_page_stays_out),
        Case("a name that resembles the server's stays out", look_alikes_stay_out),
        Case("another port of the same host stays out", other_ports_stay_out),
        Case("an allowed origin comes in", allowed_origins_come_in),
        Case("an allowed origin counts as a whole", allowed_origins_count_as_a_whole),
        Case("a page without an origin stays out", null_stays_out),
    ],
    hints=BEGIN,
)
check = EXERCISE.check
hint = EXERCISE.hint
