"""Streamers and what they sell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import MatchedComment
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.shared import Shared
from stages.adapters.database.statements import statement
from stages.adapters.database.unlisted import serve_unlisted
from stages.adapters.vault import Vault

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Streamer:
    """`view_delay_seconds`: how much later than the camera the viewers see the stream."""

    handle: str
    name: str
    currency: str
    view_delay_seconds: float = 0.0
    phone: str | None = None
    notify_by: str | None = None


@dataclass(frozen=True, slots=True)
class ShelfVariant:
    """A colour or size of a product, as vision sees it: `name` is "blue / M", `price` None where it costs what the
    product costs, `stock` what was left when the shelf was made."""

    id: UUID
    name: str
    code: str | None
    price: Money | None
    stock: int


@dataclass(frozen=True, slots=True)
class Product:
    """`images` are paths below the catalog's URL; `vectors` (views, dimensions) are the pictures' embeddings, None
    where the pictures have not been embedded by the model asked for."""

    id: UUID
    sku: str
    name: str
    price: Money
    images: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    vectors: Vectors | None = None
    variants: tuple[ShelfVariant, ...] = ()


class Catalog:
    """Reads for the vision stage, writes for whoever keeps the shop; without a vault that has keys, no phone number of
    a streamer can be written."""

    def __init__(self, database: Database, vault: Vault | None = None) -> None:
        self._database = database
        self._vault = vault or Vault(())
        self._store_match = Shared(self._store_matches)

    async def streamer(self, handle: str) -> Streamer | None:
        """The streamer, or None where nobody registered this handle."""
        async with self._database.autocommit() as connection:
            row = await connection.fetchrow(statement("catalog/streamer"), handle)
        return Streamer(**row) if row else None

    async def handles(self) -> list[str]:
        """The handles of all streamers."""
        async with self._database.autocommit() as connection:
            return [row["handle"] for row in await connection.fetch(statement("catalog/handles"))]

    async def products(self, streamer: str, model: str) -> list[Product]:
        """The streamer's products, with the embeddings that `model` made of their present pictures."""
        async with self._database.autocommit() as connection:
            rows = await connection.fetch(statement("catalog/products"), streamer, model)
        return [
            Product(
                id=row["id"],
                sku=row["sku"],
                name=row["name"],
                price=Money(amount_minor=row["price_minor"], currency=row["currency"]),
                images=tuple(row["images"]),
                aliases=tuple(row["aliases"]),
                vectors=_vectors(row["vectors"], row["views"]),
                variants=tuple(_variant(each, row["currency"]) for each in row["variants"]),
            )
            for row in rows
        ]

    async def store_embedding(self, product: Product, model: str, vectors: Vectors) -> None:
        """Keep the embeddings of the product's pictures."""
        async with self._database.transaction() as connection:
            await connection.execute(
                statement("catalog/store_embedding"),
                product.id,
                model,
                list(product.images),
                np.ascontiguousarray(vectors, dtype=np.float32).tobytes(),
                len(vectors),
            )

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        """Keep which product a comment meant, and the frames that say so."""
        listed = orjson.dumps(frames).decode()  # a list would become an array of two dimensions
        await self._store_match((match.comment_id, match.product_id, match.product_name, match.score, listed))

    async def _store_matches(self, rows: Sequence[tuple[Any, ...]]) -> list[None]:
        columns = (list(column) for column in zip(*rows, strict=True))
        async with self._database.autocommit() as connection:
            await connection.execute(statement("catalog/store_matches"), *columns)
        return [None] * len(rows)

    async def put_streamer(self, streamer: Streamer) -> None:
        """Register a streamer, or change what is known of one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                statement("catalog/put_streamer"),
                streamer.handle,
                streamer.name,
                streamer.currency,
                streamer.phone and self._vault.seal(streamer.phone),
                streamer.notify_by,
                streamer.view_delay_seconds,
            )

    async def put_product(self, streamer: str, product: Product, stock: int) -> None:
        """Add a product with its stock, or change one; the stock of one that is there stays."""
        async with self._database.transaction() as connection:
            await put_product(connection, streamer, product, stock)


async def put_product(
    connection: Connection,
    streamer: str,
    product: Product,
    stock: int,
    *,
    keeps_aliases: bool = False,
    keeps_images: bool = False,
) -> bool:
    """Add a product with its stock, or change one whose stock stays, with `keeps_aliases` its aliases and with
    `keeps_images` its pictures too, in the caller's transaction. Returns whether it was added; its row is locked then.
    Claims that waited for its code go on (see `serve_unlisted`)."""
    await connection.execute(statement("unlisted/lock_streamer"), streamer)
    added: bool = await connection.fetchval(
        statement("catalog/put_product"),
        product.id,
        streamer,
        product.sku,
        product.name,
        product.price.amount_minor,
        product.price.currency,
        stock,
        None if keeps_aliases else list(product.aliases),
        None if keeps_images else list(product.images),
    )
    await serve_unlisted(connection, streamer, product.id)
    return added


def product_id(streamer: str, sku: str) -> UUID:
    """A product's id: the same wherever it is derived."""
    return derived_id(f"product/{len(streamer)}:{streamer}/{sku}")


def _variant(row: Mapping[str, Any], currency: str) -> ShelfVariant:
    price = row["price_minor"]
    return ShelfVariant(
        UUID(row["id"]),
        row["name"],
        row["code"],
        None if price is None else Money(amount_minor=price, currency=currency),
        row["stock"],
    )


def _vectors(raw: bytes | None, views: int | None) -> Vectors | None:
    if raw is None or not views:
        return None
    return np.frombuffer(raw, dtype=np.float32).reshape(views, -1)
