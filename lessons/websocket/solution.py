"""The reference solution of lesson 5's exercise, for instructors and for the tests. Students: try your own first."""

from __future__ import annotations

from collections.abc import Collection


def may_connect(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Decide whether a page may open a WebSocket to this server: by the whole of its origin, or not at all.

    Args:
        origin: the `Origin` header.
        host: the `Host` header.
        allowed: further origins that may connect.
    """
    return origin in allowed or origin.partition("://")[2] == host
