"""Where the figures go: Markdown tables, put between markers in README.md."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.harness import BenchmarkError, Results, Sample

README = Path(__file__).with_name("README.md")


def with_version(distribution: str) -> str:
    """Return the name of a Python package with the version installed."""
    return f"{distribution} {version(distribution)}"


def rate_tables(work: str, results: Results) -> str:
    """Return two tables of medians: work a second, and work a second of the server's processor time.

    Args:
        work: What was counted, such as `Messages`.
        results: All samples.
    """
    return (
        f"{work} a second, and how busy that kept the server's core:\n\n"
        f"{table(results, lambda samples, _: f'{rate(samples):,.0f} ({busy(samples):.0%})')}\n\n"
        f"{work} a second of the server's processor time, and that against {reference(results)}:\n\n"
        f"{table(results, compare_efficiency)}"
    )


def reference(results: Results) -> str:
    """Return the name of the server that the others are compared with: the one on Node, else the first."""
    servers = list(next(iter(results.values())))
    return next((name for name in servers if "Node" in name), servers[0])


def rate(samples: Sequence[Sample]) -> float:
    """Return the median of the work a second."""
    return median(sample.work / sample.seconds for sample in samples)


def efficiency(samples: Sequence[Sample]) -> float:
    """Return the median of the work a second of processor time."""
    return median(sample.work / sample.cpu_seconds for sample in samples)


def busy(samples: Sequence[Sample]) -> float:
    """Return the median share of its core that the server used; near 1, the load was not the limit."""
    return median(sample.cpu_seconds / sample.seconds for sample in samples)


def compare_efficiency(samples: Sequence[Sample], others: Sequence[Sample]) -> str:
    """Return the work a second of processor time, and how many times the reference's it is."""
    return f"{efficiency(samples):,.0f} (× {efficiency(samples) / efficiency(others):.2f})"


def table(results: Results, cell: Callable[[Sequence[Sample], Sequence[Sample]], str]) -> str:
    """Return a Markdown table with a row a server and a column a measure.

    Args:
        results: All samples.
        cell: Makes a cell of a server's samples and the reference's.
    """
    columns, compared = results.values(), reference(results)
    servers = list(next(iter(columns)))
    rows = [[name, *(cell(column[name], column[compared]) for column in columns)] for name in servers]
    return markdown(["", *results], rows)


def markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose first column is text and whose others are figures."""
    lines = [heading, ["---", *("---:" for _ in heading[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def publish(section: str, text: str) -> None:
    """Put a text between the two markers of its section in README.md.

    Args:
        section: The name in the markers `<!-- NAME -->` and `<!-- /NAME -->`.
        text: Markdown.
    """
    before, _, rest = README.read_text().partition(f"<!-- {section} -->")
    _, end, after = rest.partition(f"<!-- /{section} -->")
    if not end:
        raise BenchmarkError(f"{README.name} has no markers <!-- {section} --> and <!-- /{section} -->.")
    README.write_text(f"{before}<!-- {section} -->\n{text}\n{end}{after}")


def describe_machine() -> str:
    """Return one line on what the figures were measured with."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {_processor()}, {os.cpu_count()} cores, "
        f"Linux {platform.release()}, Python {platform.python_version()}, Node {node}, "
        f"load average {os.getloadavg()[1]:.1f}."
    )


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(": ")[2] if names else platform.machine()
