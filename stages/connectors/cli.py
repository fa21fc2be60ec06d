"""`tiktoksales connect`: brings the comments of a platform's live stream."""

from __future__ import annotations

import typer

from stages.connectors.file.command import file
from stages.connectors.tiktok.command import tiktok
from stages.connectors.youtube.command import youtube

connect = typer.Typer(help="Bring in the comments of a platform's live stream.", no_args_is_help=True)
connect.command("tiktok")(tiktok)
connect.command("youtube")(youtube)
connect.command("file")(file)
