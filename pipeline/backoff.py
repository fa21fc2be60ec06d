"""How long to wait before the next attempt: exponential, with full jitter."""

from __future__ import annotations

from collections.abc import Callable


def delay_seconds(
    attempt: int, *, base_seconds: float, cap_seconds: float, random: Callable[[], float]
) -> float:
    """Seconds before attempt `attempt + 1`, `attempt` counted from 1; `random` gives numbers in [0, 1).

    Full jitter spreads the retries of entries that failed together over the whole interval. Source: M. Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.

    >>> delay_seconds(3, base_seconds=0.5, cap_seconds=60, random=lambda: 0.5)
    1.0
    >>> delay_seconds(30, base_seconds=0.5, cap_seconds=60, random=lambda: 0.5)
    30.0
    """
    if attempt < 1:
        raise ValueError(f"Attempts are counted from 1, not {attempt}.")
    # 2.0 ** 1024 overflows a float; any cap is reached long before.
    return random() * min(cap_seconds, base_seconds * 2.0 ** min(attempt - 1, 64))
