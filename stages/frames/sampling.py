"""What is to be sampled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is wanted: `fps` frames a second of `source`, for a streamer.

    `latency_seconds`: how much later than the camera the source shows a live stream. `starts_at` (epoch seconds): when
    a recorded video was begun; it is then read as fast as can be. Without, it is played as if it were live.
    """

    streamer: str
    source: str
    fps: float = 1.0
    latency_seconds: float = 0.0
    starts_at: float | None = None
