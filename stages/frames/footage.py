"""A video, live or recorded, as a few pictures of it."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error
from PIL import Image

from stages.frames.failure import FootageAway, UnreadableFootage
from stages.frames.pace import Pace

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LONGEST_SIDE = 1280  # pixels; the models look at 640, and an order's dispute at what was shown
JPEG_QUALITY = 85
# HLS gives nothing between two segments, which may be 10 s long.
_OPEN_SECONDS = _READ_SECONDS = 15.0
# A playlist from elsewhere must not make us read files of this machine, nor a file make us call somewhere.
_REMOTE_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,rtp,rtmp,rtmps,rtmpt,rtmpts,rtsp,srt,crypto,hls"
_REMOTE_OPTIONS = {
    "protocol_whitelist": _REMOTE_PROTOCOLS,
    "rtsp_transport": "tcp",
    "analyzeduration": "1000000",  # microseconds of a live stream that are listened to before the first picture
}
_LOCAL_PROTOCOLS = "file,crypto"
# Formats whose times are made up by whoever reads them.
_WITHOUT_TIMES = frozenset({"mpjpeg", "mjpeg", "h264", "hevc"})
_HOPELESS = (av.error.ProtocolNotFoundError, av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. `seconds` is its time by the video's own clock. `zero` is the earliest moment (epoch seconds) at
    which that clock can have stood at 0, judged by the pictures that came since the last shot."""

    seconds: float
    zero: float
    jpeg: bytes


class Footage:
    """A file, or an address: HTTP(S), HLS, RTMP, RTSP, SRT. Blocking: open and read it in a thread."""

    def __init__(self, source: str, fps: float, clock: Callable[[], float]) -> None:
        """Raises UnreadableFootage, and FootageAway where it may be there later."""
        self._source, self._clock, self._pace = source, clock, Pace(fps)
        self._is_remote = is_remote(source)
        self._interrupted, self._in_use = threading.Event(), threading.Lock()
        self._container = self._open()
        try:
            self._stream = self._video()
        except BaseException:
            self._container.close()
            raise
        self._stream.thread_type = "SLICE"  # frame threads would hold back the newest pictures
        self._frames = self._decoded()

    @property
    def is_live(self) -> bool:
        """Whether it goes on for as long as somebody films: an address that knows no duration."""
        return self._is_remote and not (self._container.duration or 0) > 0

    def next(self) -> Shot | None:
        """The next shot; None at the end. Raises FootageAway, for a file UnreadableFootage."""
        with self._in_use:
            return self._next()

    def _next(self) -> Shot | None:
        zero = float("inf")
        try:
            for frame in self._frames:
                arrived = self._clock()
                seconds = arrived if self._has_no_times else frame.time
                zero = min(zero, arrived - seconds)
                if self._pace.takes(seconds):
                    return Shot(seconds, zero, _jpeg(frame))
        except av.error.FFmpegError as error:
            raise self._failure(error) from error
        return None

    def close(self) -> None:
        """End it; a `next` that another thread is in returns None with the next packet."""
        self._interrupted.set()
        with self._in_use:
            self._container.close()

    @property
    def _has_no_times(self) -> bool:
        return self.is_live and bool(_WITHOUT_TIMES & set(self._container.format.name.split(",")))

    def _open(self) -> InputContainer:
        try:
            if self._is_remote:
                return av.open(
                    self._source, "r", options=_REMOTE_OPTIONS, timeout=(_OPEN_SECONDS, _READ_SECONDS)
                )
            # As a `file:` URL no name can mean a protocol.
            file = f"file:{Path(self._source).absolute()}"
            return av.open(file, "r", options={"protocol_whitelist": _LOCAL_PROTOCOLS})
        except (av.error.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def _video(self) -> VideoStream:
        if self._container.streams.video:
            return self._container.streams.video[0]
        if self._is_remote:
            raise FootageAway(f"{shown(self._source)} has sound, but no pictures.")
        raise UnreadableFootage(f"{shown(self._source)} has no pictures. Name a video.")

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            if self._interrupted.is_set():
                return
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue  # a damaged packet, or one before the first key frame
            yield from (frame for frame in frames if not frame.is_corrupt and (frame.time is not None))

    def _failure(self, error: Exception) -> Exception:
        said = getattr(error, "strerror", None) or str(error)
        if isinstance(error, av.error.ExitError):
            said = f"nothing came for {_READ_SECONDS:g} s"
        if self._is_remote and not isinstance(error, _HOPELESS):
            return FootageAway(f"{shown(self._source)}: {said}.")
        return UnreadableFootage(
            f"{shown(self._source)} can't be read as a video: {said}. Name a file, or an address that begins with "
            "http://, https://, rtmp://, rtsp:// or srt://."
        )


def is_remote(source: str) -> bool:
    """Whether it is an address, not a file."""
    return "://" in source


def shown(source: str) -> str:
    """The source as it may be told: of an address only its host, for the rest may be a login or a stream's key.

    >>> shown("rtmp://live.example:1935/app/key?token=1"), shown("rtsp://user:password@camera/"), shown("show.mp4")
    ('rtmp://live.example:1935/...', 'rtsp://...', 'show.mp4')
    """
    if not is_remote(source):
        return source
    scheme, _, rest = source.partition("://")
    host = "" if "@" in rest else re.split("[/?#]", rest, maxsplit=1)[0] + "/"
    return f"{scheme}://{host}..."


def _jpeg(frame: VideoFrame) -> bytes:
    """The picture upright, at most LONGEST_SIDE wide and high."""
    shrink = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink))
    rgb = frame.reformat(width, height, format="rgb24", interpolation="AREA")
    picture = Image.fromarray(rgb.to_ndarray())
    if frame.rotation:
        picture = picture.rotate(frame.rotation, expand=True)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=JPEG_QUALITY)
    return written.getvalue()
