"""What the header fields of the lessons are for, in a sentence each, and where the standard says so."""

from __future__ import annotations

_MEANINGS: dict[str, tuple[str, str]] = {
    "accept": ("the media types that the client can use", "RFC 9110 §12.5.1"),
    "accept-encoding": ("the compressions that the client understands", "RFC 9110 §12.5.3"),
    "accept-language": ("the languages that the person reads", "RFC 9110 §12.5.4"),
    "access-control-allow-origin": ("pages of this other origin may read the answer", "WHATWG Fetch §3.3"),
    "access-control-allow-credentials": ("they may read it, too, if the request had cookies", "WHATWG Fetch §3.3"),
    "allow": ("the methods that may be used here", "RFC 9110 §10.2.1"),
    "authorization": ("who asks; blotted out here", "RFC 9110 §11.6.2"),
    "cache-control": ("who may keep the answer, and for how long", "RFC 9111 §5.2"),
    "connection": ("what holds for this connection only", "RFC 9110 §7.6.1"),
    "content-length": ("how many bytes of content follow the head", "RFC 9110 §8.6"),
    "content-type": ("what kind of content it is", "RFC 9110 §8.3"),
    "cookie": ("what the server asked the browser to remember; blotted out here", "RFC 6265 §5.4"),
    "date": ("when the server made this answer", "RFC 9110 §6.6.1"),
    "etag": ("a name for this very state of the content", "RFC 9110 §8.8.3"),
    "host": ("which of the server's names the client used", "RFC 9110 §7.2"),
    "if-none-match": ("send the content only if its tag is another by now", "RFC 9110 §13.1.2"),
    "keep-alive": ("how long the connection is kept open", "RFC 9110 §7.6.1"),
    "last-event-id": ("the last event that this client has seen", "WHATWG HTML §9.2.4"),
    "origin": ("which page asks", "RFC 6454 §7"),
    "referer": ("the page that the request came from", "RFC 9110 §10.1.3"),
    "retry-after": ("when to ask again", "RFC 9110 §10.2.3"),
    "sec-websocket-accept": ("proof that the server speaks WebSocket", "RFC 6455 §4.2.2"),
    "sec-websocket-extensions": ("extensions of the frame format", "RFC 6455 §9.1"),
    "sec-websocket-key": ("16 random bytes that the server's proof is made from", "RFC 6455 §4.1"),
    "sec-websocket-protocol": ("what is to be spoken over the WebSocket", "RFC 6455 §1.9"),
    "sec-websocket-version": ("the version of WebSocket; there is one, 13", "RFC 6455 §4.1"),
    "server": ("the program that answered", "RFC 9110 §10.2.4"),
    "set-cookie": ("what the browser is asked to remember; blotted out here", "RFC 6265 §4.1"),
    "transfer-encoding": ("how the content is cut up for the way", "RFC 9112 §6.1"),
    "upgrade": ("another protocol to go on with on this connection", "RFC 9110 §7.8"),
    "user-agent": ("the program that asks", "RFC 9110 §10.1.5"),
    "vary": ("which request fields the answer depends on", "RFC 9110 §12.5.5"),
    "x-accel-buffering": ("asks a proxy not to hold the answer back", "nginx"),
    "x-forwarded-for": ("whom a proxy asks for", "de facto"),
    "x-forwarded-prefix": ("the path under which a proxy offers this server", "de facto"),
    "x-forwarded-proto": ("how the browser reached the proxy", "de facto"),
}


def meaning_of(name: str) -> tuple[str, str]:
    """Return what a header field is for and the section that defines it; two empty strings if it isn't known here."""
    known = _MEANINGS.get(name.lower())
    if known is None and name.lower().startswith("sec-fetch-"):
        return "what the browser is fetching for, told by itself", "W3C Fetch Metadata §2"
    return known or ("", "")
