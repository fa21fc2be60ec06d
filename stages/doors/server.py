"""Serves the gateway by uvicorn."""

from __future__ import annotations

import time

import uvicorn
from fastapi import FastAPI

from pipeline.engines.redis.backlog import Backlog
from stages.adapters.database.message_progress import MessageProgress
from stages.adapters.database.order_requests import OrderRequests
from stages.doors.gateway import SOURCE, CommentDoor, comment_routes, create_gateway
from stages.doors.high_water import HighWater
from stages.doors.onboarding import onboarding_routes
from stages.doors.order_face import OrderFace, order_routes
from stages.doors.pins import pin_routes
from stages.doors.twilio_webhooks import twilio_routes
from stages.doors.webhooks import stripe_routes
from stages.pins import PinBoard
from stages.settings import ShopSettings
from stages.wiring import Wiring, stock_rules, utc_now

READER = "ingest"  # the stage, and so the group, that reads what the gateway appends


def gateway_of(wiring: Wiring) -> FastAPI:
    """The gateway's application, with the webhooks where a payment provider is configured."""
    settings = wiring.settings
    backlog = Backlog(wiring.redis, wiring.keys.comments, READER)
    high_water = HighWater(backlog.unread, settings.gateway_high_water, time.monotonic)
    door = CommentDoor(wiring.appender, wiring.keys, settings.partitions, wiring.sources, high_water, utc_now)
    requests = OrderRequests(wiring.database, stock_rules(settings))
    orders = OrderFace(requests, wiring.watermark, utc_now, settings.fairness_seconds)
    pins = PinBoard(wiring.appender, wiring.database, wiring.sources, SOURCE, utc_now)
    routers = [comment_routes(door), order_routes(orders), pin_routes(pins)]
    if settings.stripe_webhook_secret.get_secret_value():
        routers.append(stripe_routes(wiring.payments, wiring.payment_events))
        routers.append(onboarding_routes(wiring.onboarding))
    if token := settings.twilio_auth_token.get_secret_value():
        progress = MessageProgress(wiring.database)
        routers.append(twilio_routes(progress, token=token, url=settings.twilio_callback_url, now=utc_now))
    return create_gateway(*routers, ready=wiring.redis.ping)


async def serve_gateway(settings: ShopSettings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished."""
    async with Wiring.open(settings) as wiring:
        config = uvicorn.Config(
            gateway_of(wiring),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=int(settings.drain_seconds),
        )
        await uvicorn.Server(config).serve()
