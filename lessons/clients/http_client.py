"""The client of HTTP by which the lessons' clients in Python ask."""

from __future__ import annotations

import ssl

import httpx


def http_client(timeout: float | httpx.Timeout | None = None) -> httpx.AsyncClient:
    """Return a client that speaks to servers on this machine.

    It passes by the proxies that the environment names. And it loads no certificates, which would hold the loop for
    half a second on a busy machine: no server of the lessons speaks TLS.

    Args:
        timeout: seconds to wait for each step of an answer; `None` waits for ever.
    """
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=no_certificates)
