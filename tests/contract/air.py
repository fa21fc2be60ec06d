"""What a live stream comes from: a local server that shows a video at its own pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Part = tuple[float, bytes]


class Air:
    """Connection after connection to `/live` gets the next of `shows`, then 404. A part is sent once its second has
    come by the clock that starts with the first connection; `began` says when that was (epoch seconds)."""

    def __init__(self, shows: Sequence[Sequence[Part]], *, silent: bool = False) -> None:
        self.shows, self.silent = list(shows), silent
        self.began: float | None = None
        self.connections = 0
        self.over = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Show the next one, and hang up; or, where `silent`, say nothing any more and keep the line."""
        self.connections += 1
        if self.connections > len(self.shows):
            request.send_error(404)
            return
        self.began = self.began or time.time()
        request.send_response(200)
        request.send_header("Content-Type", "video/mp2t")
        request.end_headers()
        for second, data in self.shows[self.connections - 1]:
            self.over.wait(max(0.0, self.began + second - time.time()))
            request.wfile.write(data)
        if self.silent:
            self.over.wait()


class Playlist:
    """A live HLS stream of the folder's segments, one a second: two stand there at first, the next come in time."""

    def __init__(self, folder: Path) -> None:
        self._lines = (folder / "index.m3u8").read_text().splitlines()
        self._segments = {file.name: file.read_bytes() for file in folder.glob("*.ts")}
        self.began: float | None = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """The playlist as it stands now, or a segment."""
        name = request.path.rpartition("/")[2]
        body = self._segments.get(name) or self._now().encode()
        request.send_response(200)
        request.send_header("Content-Type", "video/mp2t" if name.endswith(".ts") else "application/x-mpegurl")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _now(self) -> str:
        self.began = self.began or time.time()
        there = 2 + int(time.time() - self.began)
        lines, segments = [], 0
        for line in self._lines:
            segments += line.endswith(".ts")
            if segments <= there and not line.startswith("#EXT-X-ENDLIST"):
                lines.append(line)
        return "\n".join(line for line in lines) + "\n"


@contextmanager
def on_air(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serve what `answer` answers; gives the server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(ConnectionError):  # whoever watches may go
                answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
