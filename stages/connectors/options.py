"""The options that every connector's verb takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Streamer = Annotated[
    str | None, typer.Option(help="The streamer as the catalog names them. Default: as the platform does.")
]
Via = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Post to the gateway at this address, with the key in CONNECTOR_KEY. Default: append to Redis (REDIS_URL)",
    ),
]
MemoryFile = Annotated[
    Path | None,
    typer.Option(
        "--memory",
        metavar="FILE",
        help="With --via: where it is kept what was pushed. Default: .connectors/PLATFORM-STREAMER.sqlite",
    ),
]
