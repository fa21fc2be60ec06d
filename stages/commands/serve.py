"""`tiktoksales serve`: the doors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import run_async
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from stages.doors.serving import Listening

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")]
TlsCert = Annotated[
    Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM): serve over TLS (TLS_CERT).")
]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="The certificate's private key (TLS_KEY).")]

serve = typer.Typer(help="Serve a door.", no_args_is_help=True)


@serve.command("gateway", help="Take comments over HTTP (GATEWAY_HOST, GATEWAY_PORT); and the webhooks.")
def serve_gateway_command(
    host: Host = None, port: Port = None, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    from stages.doors.server import serve_gateway
    from stages.doors.serving import Listening

    settings = ShopSettings()
    listening = Listening(
        host or settings.gateway_host,
        settings.gateway_port if port is None else port,
        tls_cert or settings.tls_cert,
        tls_key or settings.tls_key,
    )
    run_async(serve_gateway(settings, listening))


@serve.command("console", help="Serve the host's page (CONSOLE_HOST, CONSOLE_PORT).")
def serve_console_command(
    host: Host = None, port: Port = None, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    from stages.console.server import serve_console
    from stages.doors.serving import Listening

    settings = ShopSettings()
    listening = Listening(
        host or settings.console_host,
        settings.console_port if port is None else port,
        tls_cert or settings.tls_cert,
        tls_key or settings.tls_key,
    )
    run_async(serve_console(settings, listening))


@serve.command("intent", help="Judge texts: POST /predict_intent (FACES_HOST, INTENT_PORT).")
def serve_intent_command(
    host: Host = None, port: Port = None, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    from stages.doors.faces import serve_intent

    settings = ShopSettings()
    listening = _face(settings, host, settings.intent_port if port is None else port, tls_cert, tls_key)
    run_async(serve_intent(settings, listening))


@serve.command("vision", help="Find products on screen: POST /match_product (FACES_HOST, VISION_PORT).")
def serve_vision_command(
    host: Host = None, port: Port = None, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    from stages.doors.faces import serve_vision

    settings = ShopSettings()
    listening = _face(settings, host, settings.vision_port if port is None else port, tls_cert, tls_key)
    run_async(serve_vision(settings, listening))


@serve.command("order", help="Place orders: POST /order/create (FACES_HOST, ORDER_PORT).")
def serve_order_command(
    host: Host = None, port: Port = None, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    from stages.doors.faces import serve_order

    settings = ShopSettings()
    listening = _face(settings, host, settings.order_port if port is None else port, tls_cert, tls_key)
    run_async(serve_order(settings, listening))


def _face(
    settings: ShopSettings, host: str | None, port: int, tls_cert: Path | None, tls_key: Path | None
) -> Listening:
    from stages.doors.serving import Listening

    return Listening(
        host or settings.faces_host, port, tls_cert or settings.tls_cert, tls_key or settings.tls_key
    )
