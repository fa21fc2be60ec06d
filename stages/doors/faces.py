"""Serves single stages' judgement over HTTP: intent, vision, and orders."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from stages.adapters.classifier import Classifier, load_classifier
from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Catalog
from stages.adapters.database.order_requests import OrderRequests
from stages.adapters.database.pins import StoredPins
from stages.adapters.gathering import Gathering
from stages.adapters.pins import FreshPins
from stages.commands.opened import opened_database, vault_of
from stages.doors.door import create_door
from stages.doors.face_metrics import INTENT_BATCH
from stages.doors.gate import Gate
from stages.doors.intent_face import intent_routes
from stages.doors.keyring import Keyring
from stages.doors.loopback import is_loopback
from stages.doors.order_face import OrderFace, order_routes
from stages.doors.serving import Listening, check_safe, serve_door
from stages.doors.vision_face import VisionFace, vision_routes
from stages.eyes import frames_of, load_matcher, shelves_of, sight_of
from stages.settings import ShopSettings
from stages.wiring import Wiring, stock_rules, utc_now


async def serve_intent(settings: ShopSettings, listening: Listening) -> None:
    """Serve `POST /predict_intent` until SIGTERM or SIGINT. On a loopback address it needs no database and asks for no
    key. Raises UnopenedDoor, MissingModel, and what `opened_database` raises."""
    check_safe(settings, listening)
    classifier = load_classifier(settings.intent_model, settings.model_threads)
    async with AsyncExitStack() as stack:
        database: Database | None = None
        if settings.database_url or not is_loopback(listening.host):
            database = await stack.enter_async_context(opened_database(settings))
        await serve_door(intent_door(classifier, _gate(database, listening), database), settings, listening)


async def serve_vision(settings: ShopSettings, listening: Listening) -> None:
    """Serve `POST /match_product` until SIGTERM or SIGINT. On a loopback address it asks for no key. Raises
    UnopenedDoor, MissingModel, MissingSetting, and what `opened_database` raises."""
    check_safe(settings, listening)
    async with opened_database(settings) as database, vision_face(settings, database) as face:
        await serve_door(vision_door(face, _gate(database, listening), database), settings, listening)


async def serve_order(settings: ShopSettings, listening: Listening) -> None:
    """Serve `POST /order/create` until SIGTERM or SIGINT. Raises UnopenedDoor, and what `Wiring.open` raises."""
    check_safe(settings, listening)
    async with Wiring.open(settings) as wiring:
        await serve_door(order_door(wiring), settings, listening)


def intent_door(classifier: Classifier, gate: Gate, database: Database | None) -> FastAPI:
    """The application that judges texts."""
    routes = intent_routes(Gathering(classifier, note=INTENT_BATCH.observe), gate)
    return create_door(
        "TikTokSales intent", routes, gate=gate, ready={"Postgres": database.ping} if database else {}
    )


def vision_door(face: VisionFace, gate: Gate, database: Database) -> FastAPI:
    """The application that looks for products."""
    return create_door(
        "TikTokSales vision",
        vision_routes(face, gate),
        gate=gate,
        alive=database.ping,
        ready={"Postgres": database.ping},
    )


def order_door(wiring: Wiring) -> FastAPI:
    """The application that places orders."""
    requests = OrderRequests(wiring.database, stock_rules(wiring.settings))
    orders = OrderFace(requests, wiring.watermark, utc_now, wiring.settings.fairness_seconds)
    return create_door(
        "TikTokSales orders",
        order_routes(orders, wiring.gate),
        gate=wiring.gate,
        alive=wiring.database.ping,
        ready={"Redis": wiring.redis.ping, "Postgres": wiring.database.ping},
    )


@asynccontextmanager
async def vision_face(settings: ShopSettings, database: Database) -> AsyncIterator[VisionFace]:
    """The eyes of the vision stage, with the catalogs' pictures looked at already. Raises MissingSetting and
    MissingModel."""
    frames = frames_of(settings)
    matcher = load_matcher(settings)
    shelves = shelves_of(settings, Catalog(database, vault_of(settings)), matcher)
    try:
        await shelves.fill()
        yield VisionFace(
            shelves=shelves,
            sight=sight_of(settings, frames, matcher),
            matcher=matcher,
            pins=FreshPins(StoredPins(database), clock=time.monotonic),
            url_prefixes=settings.frame_url_prefixes,
            timeout_seconds=settings.vision_timeout_seconds,
        )
    finally:
        await frames.close()


def _gate(database: Database | None, listening: Listening) -> Gate:
    keyring = Keyring(ApiKeys(database), time.monotonic, utc_now) if database else None
    return Gate(keyring, open_doors=is_loopback(listening.host))
