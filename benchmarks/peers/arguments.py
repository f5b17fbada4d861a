"""The command line that the peers in Python share."""

import argparse

MODES = ("polling", "long-polling", "sse")


def websocket_port() -> int:
    """Return the port that a WebSocket peer is to listen on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    return int(parser.parse_args().port)


def http_arguments() -> argparse.Namespace:
    """Return `mode`, `port`, and the `interval` between two pieces of news in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--interval", type=float, required=True)
    return parser.parse_args()
