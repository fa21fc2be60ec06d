"""Puts the gateway together, and serves it."""

from __future__ import annotations

import time

from fastapi import FastAPI

from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.offer import OfferBounds
from stages.adapters.database.message_progress import MessageProgress
from stages.adapters.database.order_requests import OrderRequests
from stages.backbone import DOOR
from stages.doors.comment_batch import BODY_LIMIT as BATCH_LIMIT
from stages.doors.comment_batch import PATH as BATCH_PATH
from stages.doors.comment_batch import batch_routes
from stages.doors.comment_door import CommentDoor, Log
from stages.doors.comment_socket import socket_routes
from stages.doors.door import create_door
from stages.doors.gateway import PATH as COMMENT_PATH
from stages.doors.gateway import REPLIES, SOURCE, comment_routes, comment_shortcut, unavailable
from stages.doors.high_water import HighWater
from stages.doors.instagram_webhooks import BODY_LIMIT as INSTAGRAM_LIMIT
from stages.doors.instagram_webhooks import PATH as INSTAGRAM_PATH
from stages.doors.instagram_webhooks import InstagramInbox, instagram_routes
from stages.doors.onboarding import onboarding_routes
from stages.doors.order_face import OrderFace, order_routes
from stages.doors.pins import pin_routes
from stages.doors.rate_limits import RateLimits
from stages.doors.serving import Listening, check_safe, serve_door
from stages.doors.twilio_webhooks import twilio_routes
from stages.doors.webhooks import stripe_routes
from stages.pins import PinBoard
from stages.settings import ShopSettings
from stages.wiring import STAGES, Wiring, stock_rules, utc_now


def gateway_of(wiring: Wiring) -> FastAPI:
    """The gateway's application, with the webhooks where a payment provider is configured."""
    settings, gate = wiring.settings, wiring.gate
    high_water = HighWater(wiring.backbone.unread, settings.gateway_high_water, time.monotonic)
    door = comment_door_of(wiring, high_water)
    requests = OrderRequests(wiring.database, stock_rules(settings))
    orders = OrderFace(requests, wiring.watermark, utc_now, settings.fairness_seconds)
    pins = PinBoard(wiring.appender, wiring.database, wiring.sources, SOURCE, utc_now)
    routers = [comment_routes(door, gate), batch_routes(door, gate), socket_routes(door, gate)]
    routers += [order_routes(orders, gate), pin_routes(pins, gate)]
    if settings.stripe_webhook_secret.get_secret_value():
        routers.append(stripe_routes(wiring.payments, wiring.payment_events))
        routers.append(onboarding_routes(wiring.onboarding))
    if token := settings.twilio_auth_token.get_secret_value():
        progress = MessageProgress(wiring.database)
        routers.append(twilio_routes(progress, token=token, url=settings.twilio_callback_url, now=utc_now))
    if secret := settings.instagram_app_secret.get_secret_value():
        # Meta bundles comments: its limit is that of each viewer.
        unhurried = comment_door_of(wiring, high_water, per_key="")
        inbox = InstagramInbox(unhurried, settings.instagram_accounts, utc_now)
        token = settings.instagram_verify_token.get_secret_value()
        routers.append(instagram_routes(inbox, app_secret=secret, verify_token=token))
    return create_door(
        "TikTokSales gateway",
        *routers,
        gate=gate,
        alive=wiring.redis.ping,
        ready={"Redis": wiring.redis.ping, "Postgres": wiring.database.ping},
        replies={**dict.fromkeys(wiring.backbone.away, unavailable), **REPLIES},
        body_limits={BATCH_PATH: BATCH_LIMIT, INSTAGRAM_PATH: INSTAGRAM_LIMIT},
        shortcuts={COMMENT_PATH: comment_shortcut(door, gate)},
    )


def comment_door_of(wiring: Wiring, high_water: HighWater, per_key: str | None = None) -> CommentDoor:
    """What takes comments in, whichever way they are posted. `per_key`: another limit than the configured one."""
    settings = wiring.settings
    limits = RateLimits.of(
        per_key=settings.rate_limit_per_key if per_key is None else per_key,
        per_viewer=settings.rate_limit_per_viewer,
    )
    bounds = OfferBounds(settings.duplicate_window_seconds, limits.key_rate, limits.viewer_rate)
    log = _log_of(wiring, bounds)
    return CommentDoor(
        log,
        limits,
        wiring.keys,
        settings.partitions,
        wiring.sources,
        high_water,
        utc_now,
        first=STAGES[DOOR](wiring).emits or DOOR,
    )


def _log_of(wiring: Wiring, bounds: OfferBounds) -> Log:
    if wiring.backbone.engine == "redis":
        return CommentLog(wiring.redis, wiring.keys, bounds)
    from stages.doors.kafka_comment_log import KafkaCommentLog

    return KafkaCommentLog(wiring.appender, wiring.redis, wiring.keys, bounds)


async def serve_gateway(settings: ShopSettings, listening: Listening) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished. Raises UnopenedDoor."""
    check_safe(settings, listening)
    async with Wiring.open(settings) as wiring:
        await serve_door(gateway_of(wiring), settings, listening)
