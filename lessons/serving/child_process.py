"""A program in a process of its own that ends when the kernel does, even when the kernel is killed.

    python -m lessons.serving.child_process PROGRAM ARGUMENTS …

A killed process can't end its children. So a guard, this module, stands between the kernel and the program. Its
standard input is a pipe from the kernel, and a pipe ends when the process at its other end dies, however it dies.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from lessons.errors import LessonError

END_SECONDS = 5.0
"""How long a program may take to end before it is killed."""


class ChildProcess:
    """A program that runs until it is closed or this process ends. It is a context manager that closes itself.

    Interrupting the kernel doesn't reach it, since it is in a session of its own.

    Args:
        command: the program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._program = command[0]
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "lessons.serving.child_process", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def read_line(self) -> str:
        """Wait for the next line that the program prints, and return it.

        Raises:
            LessonError: if the program ends without one.
        """
        line = self._guard.stdout.readline() if self._guard.stdout else ""
        if not line:
            raise LessonError(f"{self._program} ended at once; what it printed above says why")
        return line.rstrip("\n")

    @property
    def running(self) -> bool:
        """Whether the program is still running."""
        return self._guard.poll() is None

    def close(self) -> None:
        """End the program, and wait until it has ended."""
        for pipe in (self._guard.stdin, self._guard.stdout):
            if pipe is not None:
                pipe.close()
        self._guard.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def guard(command: Sequence[str]) -> int:
    """Run a program until it ends, or end it when standard input does; return its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as program:
        signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        threading.Thread(target=_end_with_input, args=[program], daemon=True).start()
        return program.wait()


def _end_with_input(program: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    program.terminate()
    try:
        program.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
