"""What the doors are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.settings import RuntimeSettings

RATE_LIMIT = r"^([1-9]\d*/([1-9]\d*)?(second|minute|hour|day))?$"


class DoorSettings(RuntimeSettings):
    """Each field is an environment variable of the same name in upper case."""

    open_doors: Annotated[
        bool,
        Field(
            description="The doors ask for no key where a request is made on this machine; for one's own machine, "
            "since a door that listens on another address refuses to start"
        ),
    ] = False
    tls_cert: Annotated[
        Path | None,
        Field(description="Certificate chain (PEM) that the doors serve TLS with. Default: no TLS"),
    ] = None
    tls_key: Annotated[Path | None, Field(description="The private key of TLS_CERT (PEM)")] = None
    gateway_host: Annotated[str, Field(description="Address the gateway listens on")] = "127.0.0.1"
    gateway_port: Annotated[int, Field(ge=0, le=65535, description="Port the gateway listens on")] = 8081
    faces_host: Annotated[
        str, Field(description="Address that `serve intent`, `serve vision` and `serve order` listen on")
    ] = "127.0.0.1"
    intent_port: Annotated[int, Field(ge=0, le=65535, description="Port that `serve intent` listens on")] = (
        8001
    )
    vision_port: Annotated[int, Field(ge=0, le=65535, description="Port that `serve vision` listens on")] = (
        8002
    )
    order_port: Annotated[int, Field(ge=0, le=65535, description="Port that `serve order` listens on")] = 8082
    console_host: Annotated[str, Field(description="Address the console listens on")] = "127.0.0.1"
    console_port: Annotated[int, Field(ge=0, le=65535, description="Port the console listens on")] = 8083
    gateway_high_water: Annotated[
        int,
        Field(
            ge=1,
            description="The gateway answers 503 while more comments than this wait in comments_stream to be read",
        ),
    ] = 50_000
    rate_limit_per_key: Annotated[
        str,
        Field(
            pattern=RATE_LIMIT,
            description="So many comments are taken from one key: 500/second, 20/10second, ... Empty: any number",
        ),
    ] = "2000/second"
    rate_limit_per_viewer: Annotated[
        str,
        Field(
            pattern=RATE_LIMIT,
            description="So many comments of one viewer are taken under one streamer: 20/10second, 60/minute, ...; "
            "further ones are refused, and those that came in by XADD go no further. Empty: any number",
        ),
    ] = "20/10second"
    repeat_window_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="The same words of one viewer under one streamer go no further within this time, however they "
            "are spelled. 0: they do",
        ),
    ] = 10.0
    duplicate_window_seconds: Annotated[
        int,
        Field(
            ge=1,
            description="A comment that is posted again within this time gets the first answer and makes no second "
            "entry; later than that, ingest drops it",
        ),
    ] = 120
