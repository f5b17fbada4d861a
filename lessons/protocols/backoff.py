"""How long a client waits before it tries again: exponential back-off with full jitter.

Each failure doubles the ceiling, so that a dead server is left in peace. The delay is drawn evenly between 0 and the
ceiling, so that a thousand clients that were cut off together don't all come back together.
"""

# Past this many doublings no ceiling in seconds matters, and the power of two still fits a float.
MOST_DOUBLINGS = 64


def ceiling(failures: int, first: float, limit: float) -> float:
    """Return the longest delay after a number of failures in a row, in seconds.

    Args:
        failures: how many attempts have failed since the last success, at least 1.
        first: the ceiling after one failure, in seconds.
        limit: the highest ceiling, in seconds.
    """
    return min(limit, first * 2.0 ** min(failures - 1, MOST_DOUBLINGS))


def delay(failures: int, randomness: float, first: float = 0.5, limit: float = 30.0) -> float:
    """Return how long to wait before the next attempt, in seconds.

    Args:
        failures: how many attempts have failed since the last success, at least 1.
        randomness: a number drawn evenly from 0 up to 1, such as `random.random()` gives, afresh each time.
        first: the ceiling after one failure, in seconds.
        limit: the highest ceiling, in seconds.
    """
    return randomness * ceiling(failures, first, limit)
