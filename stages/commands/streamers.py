"""Streamers, as somebody at the command line names them."""

from __future__ import annotations

from stages.mendable import Mendable


class UnknownStreamer(Mendable):
    """Nobody of this name sells here."""

    def __init__(self, handle: str) -> None:
        super().__init__(
            f"No streamer {handle!r} is registered: "
            f"`tiktoksales catalog import SHEET --streamer {handle} --currency USD` registers one."
        )
