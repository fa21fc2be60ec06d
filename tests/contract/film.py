"""Videos made by the tests: in each second of them the whole picture has another grey."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

RATE = 10  # pictures a second
STEP = 25  # levels of grey from one second to the next
SIZE = (96, 64)


def encode(
    to: Any, seconds: Sequence[float], form: str, *, size: tuple[int, int] = SIZE, **options: Any
) -> None:
    """A video of one picture at each of `seconds`, into a file or a folder's playlist; `options` are the format's."""
    with av.open(
        to, "w", format=form, options={name: str(value) for name, value in options.items()}
    ) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"tune": "zerolatency", "g": str(RATE)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, 1000)
        for second in seconds:
            picture = np.full((size[1], size[0], 3), grey_of(second), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def every_tenth(begin: float, end: float) -> list[float]:
    """RATE times a second."""
    return [tick / RATE for tick in range(round(begin * RATE), round(end * RATE))]


def as_stream(seconds: Sequence[float]) -> list[tuple[float, bytes]]:
    """The same video as bytes that may be sent one after another, each with the second that it shows."""
    sink = _Growing()
    encode(sink, seconds, "mpegts", flush_packets=1)
    return list(sink.parts(seconds))


def grey_of(second: float) -> int:
    """The grey of a second."""
    return 20 + STEP * int(second)


def second_of(jpeg: bytes) -> int:
    """The second that a stored frame was taken in."""
    level = float(np.asarray(Image.open(io.BytesIO(jpeg)).convert("L")).mean())
    return round((level - 20) / STEP)


def stored(folder: Path) -> list[tuple[int, int]]:
    """What lies in a frame store, in order: (epoch milliseconds, second of the video)."""
    return [(int(file.stem), second_of(file.read_bytes())) for file in sorted(folder.rglob("*.jpg"))]


class _Growing(io.RawIOBase):
    """Keeps apart what was written for each picture."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def parts(self, seconds: Sequence[float]) -> Iterator[tuple[float, bytes]]:
        return zip(seconds, self._parts, strict=True)  # the format writes each picture at once
