"""Run a module on a chosen event loop: `python -m benchmarks.on_loop asyncio|uvloop MODULE [ARGUMENT …]`."""

import asyncio
import runpy
import sys
from importlib.util import find_spec

LOOPS = ["asyncio", "uvloop"] if find_spec("uvloop") else ["asyncio"]
"""The loops that can be compared here."""


def main() -> None:
    """Choose the loop, then do as `python -m MODULE` does."""
    loop, *sys.argv = sys.argv[1:]
    if loop == "uvloop":
        import uvloop  # type: ignore[import-not-found,unused-ignore]

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    else:
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # whoever tries to import it finds none
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
