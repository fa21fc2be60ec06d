"""`python -m stages.sandbox`: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from pathlib import Path

import uvicorn

from stages.sandbox.app import create_app
from stages.sandbox.connection import BreakableConnection
from stages.sandbox.settings import SandboxSettings, settings_from


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(
        self, config: uvicorn.Config, announcement: str, ready_file: Path | None, quiet: bool
    ) -> None:
        super().__init__(config)
        self._announcement = announcement
        self._ready_file, self._quiet = ready_file, quiet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready_file is not None:
            # In one step: a reader never sees half of it.
            draft = self._ready_file.with_suffix(".draft")
            draft.write_text(self._announcement)
            draft.replace(self._ready_file)
        if not self._quiet:
            print(self._announcement, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Serves on 127.0.0.1 until SIGTERM; prints one JSON line with the address and keys when it listens."""
    options = _options(arguments)
    settings = settings_from(os.environ, options.state)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=2048)
    config = uvicorn.Config(
        create_app(settings),
        http=BreakableConnection,
        loop="uvloop",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        timeout_keep_alive=75,  # longer than any client keeps one: nobody writes into a connection that is closing
        timeout_graceful_shutdown=1,
    )
    announcement = _announcement(settings, listener.getsockname()[1])
    _AnnouncingServer(config, announcement, options.ready_file, options.quiet).run(sockets=[listener])
    return 0


def _announcement(settings: SandboxSettings, port: int) -> str:
    words = {
        "url": f"http://127.0.0.1:{port}",
        "stripe_key": settings.stripe_key,
        "webhook_secret": settings.webhook_secret,
        "twilio_sid": settings.twilio_sid,
        "twilio_token": settings.twilio_token,
    }
    return json.dumps(words)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m stages.sandbox",
        description="Stand-ins for Stripe and Twilio on one local port. Keys come from SANDBOX_* variables.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--state", type=Path, help="SQLite file to keep everything in; without it, memory")
    parser.add_argument("--ready-file", type=Path, help="also write the announcement here once it listens")
    parser.add_argument("--quiet", action="store_true", help="print nothing, for output that goes into a log")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
