"""Whether two clocks agree."""

from __future__ import annotations

from pipeline.finding import Finding

_TOLERATED_SECONDS = 5.0


def skew_finding(whose: str, there: float, before: float, after: float) -> Finding:
    """`there` is what the clock of `whose` said (epoch seconds), asked between our `before` and `after`."""
    subject = f"{whose} clock"
    ahead = there - after if there > after else min(0.0, there - before)
    if abs(ahead) <= _TOLERATED_SECONDS:
        return Finding("ok", subject, "It agrees with this machine's.")
    return Finding(
        "warning",
        subject,
        f"It is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's, so that holds, retries and "
        "limits come early or late: let both machines set theirs by NTP (`timedatectl set-ntp true`).",
    )
