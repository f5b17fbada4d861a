"""The command line: `lessons lab | list | check | serve | new`, also `python -m lessons`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import os
import runpy
import socket
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from lessons.clients.base import check_interval
from lessons.errors import LessonError
from lessons.notebook import course, new_lesson, notebooks
from lessons.serving.end_signal import EndSignal
from lessons.serving.runtime import Server
from lessons.wire import Tap


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a notebook failed its check, 2 bad input.

    Args:
        arguments: the words after `lessons`; those of the command line by default.
    """
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if others and options.run is not _lab:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    options.jupyter = others
    try:
        return int(options.run(options))
    except LessonError as error:
        print(f"lessons: {error}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line, without the usage."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f"lessons: {message} (see `{self.prog} --help`)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="lessons", description="Lessons on how news reaches a web page.")
    parser.add_argument("--version", action="version", version=f"lessons {version('news-to-the-page')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    lab = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        epilog="All other options are JupyterLab's own, such as --no-browser or --port 9000.",
    )
    lab.set_defaults(run=_lab)

    listing = commands.add_parser("list", help="list the lessons: their titles, minutes, and what they show")
    listing.set_defaults(run=_list)

    check = commands.add_parser("check", help="run notebooks and compare their outputs with the saved ones")
    check.add_argument("number", nargs="*", help="the notebook's number, such as 01; all notebooks by default")
    check.set_defaults(run=_check)

    serve = commands.add_parser("serve", help="run a lesson's server and page without Jupyter")
    names = sorted(course.served())
    serve.add_argument("name", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    serve.add_argument("--port", type=_whole_number, default=0, help="the port; a free one by default")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on; this machine only by default")
    serve.add_argument(
        "--interval",
        type=_interval,
        metavar="S",
        help="seconds between two pieces of news; for polling, between two requests",
    )
    serve.add_argument("--max-message", type=_whole_number, metavar="BYTES", help="the longest WebSocket message")
    serve.add_argument("--redis", metavar="URL", help="for chat: the Redis that joins several processes into one chat")
    serve.add_argument("--mongodb", metavar="URL", help="for chat: the MongoDB that keeps the messages")
    serve.add_argument("--trace", metavar="FILE", help="put a tap in front of it, and write what crosses it to FILE")
    serve.set_defaults(run=_serve)

    new = commands.add_parser("new", help="begin a lesson of your own: all its files, small and working")
    new.add_argument("number", metavar="NN", help="its number, two digits, such as 12")
    new.add_argument("name", metavar="NAME", help="its folder, small letters, such as long_walk")
    new.set_defaults(run=_new)
    return parser


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, not {text!r}")
    return int(text)


def _interval(text: str) -> float:
    try:
        return check_interval(text)
    except LessonError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


# --- the commands -----------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace) -> int:
    """Turn this process into JupyterLab, opened on the notebooks; it handles Ctrl+C and sets the exit code."""
    notebooks.trust_all()
    sys.argv = ["jupyter-lab", notebooks.every()[0].path.name, *options.jupyter]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        sys.argv.append("--allow-root")  # a container often has no other user
    os.chdir(notebooks.folder())
    runpy.run_module("jupyterlab", run_name="__main__")
    return 0


def _list(options: argparse.Namespace) -> int:
    for notebook in notebooks.every():
        print(f"{notebook.number}  {notebook.title:<24} {notebook.minutes:>3} min  {notebook.shows}")
    return 0


def _check(options: argparse.Namespace) -> int:
    return max([_check_one(notebook) for notebook in notebooks.find(options.number)])


def _check_one(notebook: notebooks.Notebook) -> int:
    """Check one notebook, print a line about it and whatever failed; return 0 if it passed, else 1."""
    began = time.monotonic()
    passed, report = notebooks.check(notebook)
    seconds = time.monotonic() - began
    print(f"{notebook.number}  {notebook.title:<24} {'passed' if passed else 'FAILED'}  {seconds:.1f} s", flush=True)
    if not passed:
        print(report)
    return 0 if passed else 1


def _serve(options: argparse.Namespace) -> int:
    """Run a server until SIGINT or SIGTERM."""
    end = EndSignal()
    if options.trace:
        _serve_with_tap(options, end)
        return 0
    with _server(options, options.port) as server:
        _announce(options.name, server)
        end.wait_until_told()
    return 0


def _serve_with_tap(options: argparse.Namespace, end: EndSignal) -> None:
    """Run a server behind a tap, and write the trace when it ends."""
    try:
        Path(options.trace).touch()
    except OSError as error:
        raise LessonError(f"can't write the trace to {options.trace!r}: {error.strerror}") from None
    with _server(options, 0) as server, Tap(server, host=options.host, port=options.port) as tap:
        _announce(options.name, tap)
        end.wait_until_told()
    tap.trace.save(options.trace)


def _announce(name: str, server: Server) -> None:
    others = f", for others {address}" if (address := _address_for_others(server)) else ""
    print(f"{name}: {server.url}/{others}", flush=True)


def _address_for_others(server: Server) -> str:
    """Return the URL at which other machines reach a server that listens on all addresses; empty if there is none."""
    if server.host not in ("0.0.0.0", "::", ""):
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737); connecting UDP sends nothing
        return f"http://{probe.getsockname()[0]}:{server.port}/"
    return ""


def _server(options: argparse.Namespace, port: int) -> Server:
    make: Callable[..., Server] = importlib.import_module(course.served()[options.name]).Server
    names = ("interval", "max_message", "redis", "mongodb")
    given = {name: getattr(options, name) for name in names}
    wanted = {key: value for key, value in given.items() if value is not None}
    for key in wanted.keys() - inspect.signature(make).parameters.keys():
        raise LessonError(f"the {options.name} server has no option --{key.replace('_', '-')}")
    return make(host=options.host, port=port, **wanted)


def _new(options: argparse.Namespace) -> int:
    for path in new_lesson.make(options.number, options.name):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
