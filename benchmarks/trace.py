"""What it costs to ask a trace what crossed the line: python -m benchmarks.trace. Beside it, to decode it all anew."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles

from benchmarks.harness import show_progress, take_load_core
from benchmarks.report import describe_machine, markdown, publish
from lessons.wire import Record, Trace

READ_BEFORE = 10_000  # requests
NEXT = 10  # requests
REQUEST = b"GET /clock HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmark\r\nAccept: */*\r\n\r\n"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: "%08d"\r\nContent-Length: 8\r\n\r\n%08d'
TURNS = 20  # of the cheap rows, in each round


def poll(trace: Trace, count: int) -> None:
    """Add the records of so many requests and their answers, all on one connection."""
    for _ in range(count):
        number = len(trace)
        now, answer = number / 1000, ANSWER % (number, number)  # no answer is like another, as in life
        trace.add(Record(now, 1, "up", "data", REQUEST, now))
        trace.add(Record(now, 1, "down", "data", answer, now))


def seconds(work: Callable[[], object]) -> float:
    """Return how many seconds of processor time some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure() -> dict[str, list[float]]:
    """Measure each row once or several times, on a trace of its own."""
    trace = Trace(max_records=4 * READ_BEFORE)
    poll(trace, READ_BEFORE)
    results = {f"decode {READ_BEFORE:,} requests": [seconds(trace.messages)]}
    for what, ask in (
        (f"messages(), {NEXT} more since", trace.messages),
        (f'messages("request"), {NEXT} more since', lambda: trace.messages("request")),
        (f"cost(), {NEXT} more since", trace.cost),
        ("messages(), nothing new", trace.messages),
    ):
        results[what] = []
        for _ in range(TURNS):
            if "more" in what:
                poll(trace, NEXT)
            results[what].append(seconds(ask))
    return results


def table(results: Mapping[str, Sequence[float]]) -> str:
    """Return medians and the slowest in twenty as a Markdown table."""
    rows = [
        [what, f"{median(taken) * 1e3:,.2f} ms", f"{quantiles(taken, n=20)[-1] * 1e3:,.2f} ms"]
        for what, taken in results.items()
    ]
    return markdown(["", "median", "slowest in 20"], rows)


def main() -> None:
    """Measure, and put the table into README.md."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    take_load_core()
    results: dict[str, list[float]] = {}
    for turn in range(arguments.rounds):
        show_progress(f"round {turn + 1} of {arguments.rounds}")
        for what, taken in measure().items():
            results.setdefault(what, []).extend(taken)
    show_progress("")
    text = f"{describe_machine()}\n\n{table(results)}"
    print(text)
    publish("trace", text)


if __name__ == "__main__":
    main()
