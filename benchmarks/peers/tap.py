"""The lessons' tap before a port, in a process of its own."""

import threading
from argparse import ArgumentParser

from lessons.wire import Tap


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", type=int, required=True)
    arguments = parser.parse_args()
    with Tap(f"http://127.0.0.1:{arguments.target}", port=arguments.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()
