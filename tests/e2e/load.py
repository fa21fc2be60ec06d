"""A load cut from the recorded show, and what must be true once it has gone through."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from pipeline.engines.redis.dead_letters import Listed
from pipeline.stage import PUBLIC_STREAM
from stages.demo.house import STAGES
from stages.demo.player import Player
from stages.demo.show import Line, PlainComment, Poison, ShowComment
from tests.e2e.shop import Row, Shop, until

_FROM, _TO = 5.0, 12.2  # seconds of the show: 63 comments, 20 of them buys of five products
_SPEED = 8.0
FEWEST_ORDERS = 12
_SETTLED = ("sent", "undeliverable", "console")


@dataclass(frozen=True, slots=True)
class Load:
    """Comments that nobody has sent before: their message ids begin with `run`. `after` is the last entry that the
    public stream held before them, `stock` what there was to sell, `orders` and `dead` the orders and dead letters
    there were."""

    shop: Shop
    run: str
    lines: tuple[Line, ...]
    after: str
    stock: dict[UUID, int]
    orders: set[str]
    dead: list[Listed]

    @classmethod
    async def cut(cls, shop: Shop) -> Load:
        """A fresh one."""
        run = uuid4().hex
        # The tests before have bought too; what is sold out is no order.
        await shop.rows("update products set stock = greatest(stock, 100) returning id")
        lines = tuple(
            _renamed(line, run)
            for line in shop.show.lines
            if _FROM <= line.at <= _TO and not isinstance(line, Poison)
        )
        entries = await shop.entries(PUBLIC_STREAM)
        after = entries[-1][0].decode() if entries else "0-0"
        return cls(shop, run, lines, after, await _stock(shop), await _order_numbers(shop), await shop.dead())

    async def send(self) -> None:
        """Play the lines through the gateway and the stream, as the demo does."""
        shop = self.shop
        cut = shop.show.model_copy(update={"lines": self.lines})
        async with httpx.AsyncClient(base_url=shop.house.gateway_url, timeout=10, trust_env=False) as http:
            appender = shop.wiring.appender
            player = Player(cut, shop.start, http, appender, speed=_SPEED, random=random.random)
            await player.play()

    async def taken(self) -> list[str]:
        """The ids of the load's entries in the public stream."""
        entries = await self.shop.entries(PUBLIC_STREAM, f"({self.after}")
        return [entry_id.decode() for entry_id, _ in entries]

    async def settled(self) -> None:
        """Wait until every entry of the load has an end state, and no stage has anything left."""

        async def ended() -> bool:
            seqs = await self.taken()
            query = "select count(*) as ended from end_states where seq = any($1)"
            return bool((await self.shop.row(query, seqs))["ended"] == len(seqs))

        async def idle() -> bool:
            redis, keys = self.shop.redis, self.shop.wiring.keys
            waiting = [await redis.xlen(keys.stream(stage, 0)) for stage in (*STAGES[1:], "events")]
            return not any(waiting) and await self.shop.in_hand("ingest") == 0

        await until(ended, "every comment of the load has an end state")
        await until(idle, "no stage has anything left")

    async def check(self) -> None:
        """Nothing was lost and nothing doubled."""
        shop = self.shop
        assert await shop.dead() == self.dead
        comments = await shop.rows("select id from chat_messages where message_id like $1", f"{self.run}%")
        assert len(comments) == len(self.lines)
        orders = await self._orders()
        bought = await shop.rows(
            "select m.id from chat_messages as m join product_matches as p on p.comment_id = m.id "
            "where message_id like $1 and nlp_intent = 'buy' and nlp_score > 0.5 and p.score > 0.7",
            f"{self.run}%",
        )
        assert {order["comment_id"] for order in orders} == {row["id"] for row in bought}
        assert len(orders) == len(bought) >= FEWEST_ORDERS
        assert await _order_numbers(shop) - self.orders == {order["order_number"] for order in orders}
        assert {order["status"] for order in orders} == {"paid", "awaiting_payment"}
        await self._check_stock(orders)
        await self._check_money(orders)
        await self._check_messages(orders)

    async def _orders(self) -> list[Row]:
        query = (
            "select o.* from orders as o join chat_messages as m on m.id = o.comment_id "
            "where m.message_id like $1"
        )
        return [dict(row) for row in await self.shop.rows(query, f"{self.run}%")]

    async def _check_stock(self, orders: Sequence[Row]) -> None:
        sold: Counter[UUID] = Counter()
        for order in orders:
            sold[order["product_id"]] += order["quantity"]
        left = await _stock(self.shop)
        assert {product: pieces - sold[product] for product, pieces in self.stock.items()} == left

    async def _check_money(self, orders: Sequence[Row]) -> None:
        numbers = {order["order_number"] for order in orders}
        charged = Counter(each["order"] for each in (await self.shop.ledger())["charges"])
        paid = {order["order_number"] for order in orders if order["status"] == "paid"}
        assert {number: charged[number] for number in numbers} == {
            number: int(number in paid) for number in numbers
        }
        accrued = await self.shop.rows(
            "select order_id from commissions where order_id = any($1)", [order["id"] for order in orders]
        )
        assert len(accrued) == len(paid)

    async def _check_messages(self, orders: Sequence[Row]) -> None:
        numbers = {order["id"]: order["order_number"] for order in orders}
        told = await self.shop.rows(
            "select order_id, recipient, status, message_sid from payment_notifications "
            "where order_id = any($1)",
            list(numbers),
        )
        assert {(row["order_id"], row["recipient"]) for row in told} == {
            (order, recipient) for order in numbers for recipient in ("buyer", "streamer")
        }
        assert len(told) == 2 * len(orders)
        assert {row["status"] for row in told} <= set(_SETTLED)
        sent = sorted(row["message_sid"] for row in told if row["status"] == "sent")
        messages = (await self.shop.ledger())["messages"]
        about_them = [each for each in messages if any(number in each["body"] for number in numbers.values())]
        assert sorted(each["sid"] for each in about_them) == sent


async def _stock(shop: Shop) -> dict[UUID, int]:
    return {row["id"]: row["stock"] for row in await shop.rows("select id, stock from products")}


async def _order_numbers(shop: Shop) -> set[str]:
    return {row["order_number"] for row in await shop.rows("select order_number from orders")}


def _renamed(line: Line, run: str) -> Line:
    match line:
        case ShowComment():
            return line.model_copy(update={"message_id": f"{run}-{line.message_id}"})
        case PlainComment(xadd_comment=fields):
            fresh = fields.model_copy(update={"message_id": f"{run}-{fields.message_id}"})
            return line.model_copy(update={"xadd_comment": fresh})
        case _:
            raise ValueError(f"The load has a line that must be refused, at {line.at} s of the show.")
