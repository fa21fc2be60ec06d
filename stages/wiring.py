"""The one place where everything is put together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from random import random
from typing import TYPE_CHECKING, Any, Self

from limits import parse as parse_limit
from redis.asyncio import Redis

from pipeline.engines.redis.checks import require_fit_redis
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.sayings import Bounds, Sayings
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM, Limits, Stage
from stages.adapters.card_setup import CardSetup
from stages.adapters.classifier import Classifier, load_classifier
from stages.adapters.database import Database, DatabaseUnavailable, NotMigrated, statement
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.buyers import Buyers
from stages.adapters.database.catalog import Catalog
from stages.adapters.database.comments import Comments
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.notifications import Notifications
from stages.adapters.database.onboardings import Onboardings
from stages.adapters.database.orders import Orders
from stages.adapters.database.payment_attempts import PaymentAttempts
from stages.adapters.database.pins import StoredPins
from stages.adapters.database.reaching import reached
from stages.adapters.database.reviews import Reviews
from stages.adapters.database.stock import StockRules
from stages.adapters.database.unlisted import UnlistedClaims
from stages.adapters.judgement_memory import RememberingClassifier
from stages.adapters.matcher import Matcher
from stages.adapters.payments import StripePayments
from stages.adapters.pins import FreshPins
from stages.adapters.shelf import Listings, Shelves
from stages.adapters.sight import Sight
from stages.adapters.vault import Vault
from stages.adapters.webhook_sender import WebhookSender
from stages.backbone import DOOR, on_kafka, on_redis
from stages.charging import Charging
from stages.eyes import frames_of, load_matcher, shelves_of, sight_of
from stages.floods import Floods
from stages.ingest import ingest_stage
from stages.intent import intent_stage
from stages.notify import Messenger, Wording, notify_stage
from stages.onboarding import Onboarding, OnboardingLinks
from stages.order import Patience, order_stage
from stages.payment import payment_stage
from stages.payment_events import PaymentEvents, events_of
from stages.projector import projector_stage
from stages.refunding import Refunding
from stages.settings import ShopSettings, require
from stages.sources import Sources
from stages.till import payments_of, refunding_of
from stages.vision import Thresholds, vision_stage

if TYPE_CHECKING:
    from pipeline.engines.kafka.engine import KafkaEngine
    from stages.doors.gate import Gate


# At a provider, by one process: what they ask of the database meanwhile shares statements.
_CALLS_AT_ONCE = 16


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Wiring:
    """Everything the stages talk to, made when it is first asked for: a process loads what its stages need."""

    def __init__(
        self,
        settings: ShopSettings,
        redis: Redis,
        database: Database,
        stack: AsyncExitStack,
        kafka: KafkaEngine | None = None,
    ) -> None:
        self.settings, self.redis, self.database, self._stack = settings, redis, database, stack
        self.keys = Keys(settings.key_prefix)
        self.kafka = kafka
        self.backbone = on_kafka(kafka, settings) if kafka else on_redis(redis, self.keys, settings)
        self.appender, self.watermark = self.backbone.appender, self.backbone.watermark
        self.vault = Vault([key.get_secret_value() for key in settings.data_keys])
        refund_window = timedelta(days=settings.refund_window_days)
        self.orders = Orders(database, stock_rules(settings), refund_window)
        self.catalog = Catalog(database, self.vault)
        self.comments, self.notifications = Comments(database), Notifications(database, self.vault)
        self.buyers = Buyers(database, self.vault)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: ShopSettings, *, read_only: bool = False, has_time: bool = False
    ) -> AsyncIterator[Self]:
        """Connect to Redis and Postgres (where `read_only`, so that nothing can be changed there); close everything
        at the end. Who `has_time` waits for a Postgres that is away, as consumers do for Redis. Raises MissingSetting,
        UnfitRedis, NotMigrated, DatabaseRefused, DatabaseUnavailable and UnusableDataKeys."""
        require(
            settings,
            redis_url="where Redis or Valkey listens",
            database_url="where Postgres listens",
        )
        async with AsyncExitStack() as stack:
            redis = connect(settings.redis_url)
            stack.push_async_callback(redis.aclose)
            await require_fit_redis(redis)
            connecting = partial(_database_of, settings, read_only)
            database = await (reached(connecting, random) if has_time else connecting())
            stack.push_async_callback(database.close)
            kafka = (
                await stack.enter_async_context(_kafka_of(settings)) if settings.engine == "kafka" else None
            )
            yield cls(settings, redis, database, stack, kafka)

    def limits(self, stage: str, **given: Any) -> Limits:
        """The limits of a stage, as configured."""
        seconds = getattr(self.settings, f"{stage}_timeout_seconds")
        return Limits(
            timeout_seconds=seconds,
            max_attempts=self.settings.max_attempts,
            away=(DatabaseUnavailable, *self.backbone.away),
            **given,
        )

    @cached_property
    def sources(self) -> Sources:
        """Who may push, and charge."""
        keys = {name: key.get_secret_value() for name, key in self.settings.source_keys.items()}
        return Sources(keys, self.settings.verified_sources)

    @cached_property
    def gate(self) -> Gate:
        """Who may come in by the doors."""
        # FastAPI comes with the doors, not with every stage.
        from stages.doors.gate import Gate
        from stages.doors.keyring import Keyring

        keyring = Keyring(ApiKeys(self.database), time.monotonic, utc_now)
        gate = Gate(keyring, open_doors=self.settings.open_doors)
        self._stack.push_async_callback(gate.close)
        return gate

    @cached_property
    def floods(self) -> Floods:
        """Who bounds what a viewer may say."""
        given = self.settings.rate_limit_per_viewer
        limit = parse_limit(given) if given else None
        most, window = (limit.amount, limit.get_expiry()) if limit else (None, 0)
        bounds = Bounds(most, window, self.settings.repeat_window_seconds)
        return Floods(Sayings(self.redis, self.keys, bounds))

    @cached_property
    def classifier(self) -> Classifier:
        """The text model. Raises MissingModel."""
        return RememberingClassifier(load_classifier(self.settings.intent_model, self.settings.model_threads))

    @cached_property
    def matcher(self) -> Matcher:
        """The vision models. Raises MissingModel."""
        return load_matcher(self.settings)

    @cached_property
    def shelves(self) -> Shelves:
        """The catalogs, as the vision stage sees them."""
        return self.shelves_of(self.catalog)

    def shelves_of(self, listings: Listings) -> Shelves:
        """The catalogs, as the vision stage sees them, with their products from elsewhere."""
        return shelves_of(self.settings, listings, self.matcher)

    @cached_property
    def sight(self) -> Sight:
        """The frames, as the vision stage sees them."""
        frames = frames_of(self.settings)
        self._stack.push_async_callback(frames.close)
        sight = sight_of(self.settings, frames, self.matcher, utc_now)
        self._stack.push_async_callback(sight.close)
        return sight

    @cached_property
    def pins(self) -> FreshPins:
        """What the hosts pinned."""
        return FreshPins(StoredPins(self.database), clock=time.monotonic)

    @property
    def match_thresholds(self) -> Thresholds:
        """From which score on a match counts, and is worth a look."""
        return Thresholds(self.settings.match_threshold, self.settings.review_threshold)

    @cached_property
    def payments(self) -> StripePayments:
        """The payment provider."""
        payments = payments_of(self.settings, utc_now)
        self._stack.push_async_callback(payments.close)
        return payments

    @cached_property
    def webhook_sender(self) -> WebhookSender:
        """What sends events to the shop's own systems."""
        sender = WebhookSender(
            utc_now,
            timeout_seconds=self.settings.webhook_timeout_seconds,
            allow_private=self.settings.webhook_allow_private,
        )
        self._stack.push_async_callback(sender.close)
        return sender

    @cached_property
    def refunding(self) -> Refunding:
        """Who gives money back."""
        return refunding_of(self.database, self.payments, stock_rules(self.settings), utc_now)

    @cached_property
    def payment_events(self) -> PaymentEvents:
        """Who takes the payment provider's events."""
        refunds = self.refunding.refunds
        return events_of(
            self.orders, refunds, self.payments, utc_now, self.settings.hold_seconds, self.onboarding
        )

    @cached_property
    def onboarding(self) -> Onboarding:
        """Who takes in buyers with phone, consent and card."""
        return Onboarding(
            OnboardingLinks(self.vault, str(self.settings.public_url)),
            Onboardings(self.database, self.vault),
            CardSetup(self.payments.account),
            utc_now,
        )

    @cached_property
    def messenger(self) -> Messenger:
        """The message provider, and the claims on messages."""
        # Twilio's library comes with those who send.
        from stages.post_office import messenger_of

        return messenger_of(self.settings, self.notifications, utc_now, self._stack)


STAGES: Mapping[str, Callable[[Wiring], Stage[Any]]] = {
    "ingest": lambda w: ingest_stage(
        w.limits("ingest", batch_size=256), store=w.comments, sources=w.sources, floods=w.floods
    ),
    "intent": lambda w: intent_stage(
        w.limits("intent", batch_size=128),
        classifier=w.classifier,
        store=w.comments,
        threshold=w.settings.intent_threshold,
    ),
    "vision": lambda w: vision_stage(
        w.limits("vision"),
        shelves=w.shelves,
        sight=w.sight,
        matcher=w.matcher,
        catalog=w.catalog,
        unlisted=UnlistedClaims(w.database),
        pins=w.pins,
        reviews=Reviews(w.database),
        thresholds=w.match_thresholds,
    ),
    "order": lambda w: order_stage(
        w.limits("order"),
        orders=w.orders,
        watermark=w.watermark,
        now=utc_now,
        patience=Patience(w.settings.max_order_age_seconds, w.settings.fairness_seconds),
    ),
    "payment": lambda w: payment_stage(
        w.limits("payment", concurrency=_CALLS_AT_ONCE),
        orders=w.orders,
        charging=Charging(PaymentAttempts(w.database), w.payments, utc_now),
        payments=w.payments,
        now=utc_now,
        hold_seconds=w.settings.hold_seconds,
    ),
    "notify": lambda w: notify_stage(
        w.limits("notify", concurrency=_CALLS_AT_ONCE),
        notifications=w.notifications,
        messenger=w.messenger,
        wording=Wording(w.settings.tracking_url),
    ),
    "projector": lambda w: projector_stage(w.limits("ingest", batch_size=256), store=EndStates(w.database)),
}

READS: Mapping[str, str] = {name: name for name in STAGES} | {DOOR: PUBLIC_STREAM, "projector": EVENTS}
"""The stages in their order, with the streams that they read."""


def stock_rules(settings: ShopSettings) -> StockRules:
    """How stock is shared out."""
    return StockRules(
        hold_seconds=settings.hold_seconds,
        buyer_unpaid_limit=settings.buyer_unpaid_limit,
        waitlist=settings.waitlist,
        waitlist_seconds=settings.max_order_age_seconds,
    )


def _kafka_of(settings: ShopSettings) -> AbstractAsyncContextManager[KafkaEngine]:
    # Whoever runs on Redis alone does not wait for Faust to be loaded.
    from pipeline.engines.kafka.engine import open_kafka

    require(settings, kafka_url="where Kafka listens")
    return open_kafka(settings, door=DOOR, stages=READS)


async def _database_of(settings: ShopSettings, read_only: bool) -> Database:
    database = await Database.connect(
        settings.database_url, pooler=settings.database_pooler, read_only=read_only, plans_once=True
    )
    try:
        async with database.transaction() as connection:
            if not await connection.fetchval(statement("trail/is_migrated")):
                raise NotMigrated(
                    "The database lacks tables of this release: run `tiktoksales migrate` first."
                )
    except BaseException:
        await database.close()
        raise
    return database
