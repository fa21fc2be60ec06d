"""What is sent: drawn from a seed before anything starts, with everything that must become of it."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from benchmarks.recovery.poison import Poison, poison
from schemas.money import Money
from stages.adapters.database.catalog import product_id
from stages.ingest import comment_id

PLATFORM = "tiktok"
_BUY_SHARE, _SCARCE_SHARE, _TWO_SHARE = 0.2, 0.15, 0.2
_GATEWAY_SHARE, _TWICE_SHARE, _POISON_SHARE = 0.6, 0.02, 0.01
_PLENTY = 1_000_000
_CHATTER = ("love this!", "how much is it?", "mine arrived broken", "hello from Lima", "so pretty", "hi hi")
_CARDS = ("pm_card_visa",) * 8 + ("pm_card_chargeCustomerFail", "pm_card_authenticationRequired")


@dataclass(frozen=True, slots=True)
class Streamer:
    """Who sells; without a phone the console is told."""

    handle: str
    currency: str
    phone: str | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold, and how many pieces there are."""

    streamer: str
    sku: str
    price: Money
    stock: int

    @property
    def id(self) -> UUID:
        """The id it has in the database."""
        return product_id(self.streamer, self.sku)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who writes; `card` is one of the provider's test cards, saved before."""

    client_id: str
    client: str
    phone: str | None
    channel: str | None
    card: str | None


@dataclass(frozen=True, slots=True)
class PlannedComment:
    """A comment, the door it takes, how often it is sent, and the product it buys (`quantity` pieces), if any."""

    fields: Mapping[str, str]
    door: Literal["gateway", "stream"]
    copies: int
    product: Product | None
    quantity: int

    @property
    def id(self) -> UUID:
        """The comment's identity, which its message id decides."""
        return comment_id("0-0", PLATFORM, self.fields)


@dataclass(frozen=True, slots=True)
class Load:
    """Everything that is sent, and the shop that it is sent to."""

    streamers: tuple[Streamer, ...]
    products: tuple[Product, ...]
    viewers: tuple[Viewer, ...]
    items: tuple[PlannedComment | Poison, ...]

    @property
    def comments(self) -> list[PlannedComment]:
        """The sound ones."""
        return [item for item in self.items if isinstance(item, PlannedComment)]

    def without_poison_but(self, marks: Collection[bytes]) -> Load:
        """The same, without the poison that has another mark."""
        kept = (item for item in self.items if isinstance(item, PlannedComment) or item.mark in marks)
        return replace(self, items=tuple(kept))

    @property
    def poison(self) -> list[Poison]:
        """The others."""
        return [item for item in self.items if isinstance(item, Poison)]


def draw(comments: int, seed: int, partitions: int) -> Load:
    """A load of so many comments, poison among them; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - dice, no secrets
    planted = max(9, int(comments * _POISON_SHARE))
    sound = comments - planted
    streamers = (
        Streamer("maya.live", "USD", "+15550100001", "whatsapp"),
        Streamer("ken.live", "JPY", None, None),
        Streamer("rio.live", "EUR", "+15550100002", "sms"),
    )
    products = _products(streamers, sound)
    viewers = tuple(_viewer(dice, number) for number in range(max(20, min(400, sound // 10))))
    items: list[PlannedComment | Poison] = [
        _comment(dice, number, viewers, products, streamers) for number in range(sound)
    ]
    items += [poison(number, partitions) for number in range(planted)]
    dice.shuffle(items)
    return Load(streamers, products, viewers, tuple(items))


def _products(streamers: Sequence[Streamer], comments: int) -> tuple[Product, ...]:
    # Of each scarce product about half of those who want one get one.
    scarce = max(2, int(comments * _BUY_SHARE * _SCARCE_SHARE / (2 * 2 * len(streamers))))
    return tuple(
        Product(
            streamer.handle,
            f"P-{number:02d}",
            Money(amount_minor=1_000 + 137 * number, currency=streamer.currency),
            _PLENTY if number < 6 else scarce,
        )
        for streamer in streamers
        for number in range(8)
    )


def _viewer(dice: random.Random, number: int) -> Viewer:
    reached = dice.random() < 0.7
    return Viewer(
        client_id=f"{7_000_000 + number}",
        client=f"viewer_{number}",
        phone=f"+1555020{number:04d}" if reached else None,
        channel=dice.choice(("whatsapp", "sms")) if reached else None,
        card=dice.choice(_CARDS) if dice.random() < 0.6 else None,
    )


def _comment(
    dice: random.Random,
    number: int,
    viewers: Sequence[Viewer],
    products: Sequence[Product],
    streamers: Sequence[Streamer],
) -> PlannedComment:
    viewer = dice.choice(viewers)
    product = _wanted(dice, products) if dice.random() < _BUY_SHARE else None
    quantity = 2 if product and product.stock == _PLENTY and dice.random() < _TWO_SHARE else 1
    if product:
        message = f"I buy {quantity} of {product.sku}" if quantity > 1 else f"I buy {product.sku} now"
    else:
        message = dice.choice(_CHATTER)
    return PlannedComment(
        fields={
            "streamer": product.streamer if product else dice.choice(streamers).handle,
            "client": viewer.client,
            "client_id": viewer.client_id,
            "message": message,
            "message_id": f"m{number}",
            "platform": PLATFORM,
        },
        door="gateway" if dice.random() < _GATEWAY_SHARE else "stream",
        copies=2 if dice.random() < _TWICE_SHARE else 1,
        product=product,
        quantity=quantity,
    )


def _wanted(dice: random.Random, products: Sequence[Product]) -> Product:
    scarce = dice.random() < _SCARCE_SHARE
    return dice.choice([product for product in products if (product.stock < _PLENTY) == scarce])
