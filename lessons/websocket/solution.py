"""The reference solution of lesson 5's exercise, for instructors and for the tests. Students: try your own first."""

from __future__ import annotations

from collections.abc import Collection

OWN_NAMES = ("127.0.0.1", "localhost")


def may_connect(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Decide whether a page may open a WebSocket to this server: by the whole of its origin (RFC 6454, section 5).

    A page of this server has come from the host that it calls. But `Host` is for the page to choose: one whose own name
    leads here (DNS rebinding) is told by that name.

    Args:
        origin: the `Origin` header.
        host: the `Host` header.
        allowed: further origins that may connect.
    """
    is_own = host.partition(":")[0] in OWN_NAMES and origin == f"http://{host}"
    return is_own or origin in allowed
