"""Who may talk to a server on this machine: the check of `Origin` and `Host`, as pure logic.

A browser may let any page send requests to 127.0.0.1; only Chrome asks its user first (Local Network Access, for
WebSockets since version 147). The `Origin` header (RFC 6454) says where the page that asks comes from. The `Host`
header (RFC 9110, section 7.2) says which name it used for the server, and gives away a page that has pointed its own
name at 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: the HTTP status to answer with.
        section: the section of the standard that the request breaks.
        reason: one plain sentence.
    """

    status: int
    section: str
    reason: str


OriginCheck = Callable[[str | None, str], Refusal | None]
"""Takes the values of `Origin` and `Host`; returns why they are refused, or None."""


@lru_cache(maxsize=256)  # every request asks, nearly always for the same host
def host_name(host: str) -> str:
    """Return the name or address in a `Host` value, in lower case, without port and brackets; empty if malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    """Tell whether a name or address always means the machine itself (RFC 6761, section 6.3; RFC 6890)."""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def netloc(origin: str) -> str:
    """Return the `host:port` part of an origin such as `https://example.org:8443`."""
    return origin.partition("://")[2].lower()


def check_origin(origin: str | None, host: str, allowed: Collection[str] = (), loopback: bool = True) -> Refusal | None:
    """Decide whether a page may use this server.

    Args:
        origin: the request's `Origin` value; `None` if it has none, as from a program, or from a browser for a GET
            outside CORS.
        host: the request's `Host` value.
        allowed: further origins that may use the server, each as `scheme://host[:port]`.
        loopback: whether the server listens on loopback addresses only; `Host` must then name one of them, or the
            host of an allowed origin, which a proxy passes on.

    Returns:
        `None` if the request is welcome, else the refusal.
    """
    welcome = {each.lower() for each in allowed} - {"", "null"}  # these say nothing about who asks
    known_hosts = {netloc(each) for each in welcome}
    if loopback and not is_loopback(host_name(host)) and host.lower() not in known_hosts:
        return Refusal(403, "RFC 9110 §7.2", f"This server doesn't answer to the name {host!r}.")
    if origin is None or origin.lower() in welcome or (host and netloc(origin) == host.lower()):
        return None
    return Refusal(403, "RFC 6454 §7", f"Pages of the origin {origin!r} may not use this server.")


@dataclass
class OriginPolicy:
    """Who may use one server: programs, its own pages, and pages of the origins that it was told to let in.

    Attributes:
        allowed: further origins that may use it, each as `scheme://host[:port]`.
        loopback: whether it listens on loopback addresses only; `Host` must then name one of them.
    """

    allowed: set[str] = field(default_factory=set)
    loopback: bool = True

    def refusal(self, origin: str | None, host: str) -> Refusal | None:
        """Return why a request with these `Origin` and `Host` values is refused; `None` if it is welcome."""
        return check_origin(origin, host, self.allowed, loopback=self.loopback)
