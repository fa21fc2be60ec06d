"""A row for each of two streamers in every table, and sessions that are held to row-level security."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg

MINE, THEIRS = "ana", "bea"
PASSWORD = "of-a-server-that-is-gone-after-the-run"
STAGES, STREAMER = "tiktoksales_stages", "tiktoksales_streamer"

CLOSED = {
    "access_keys", "access_rules", "api_keys", "buyers", "consents", "onboardings", "order_numbers", "order_requests",
    "outbox", "payment_attempts", "stripe_events", "webhook_deliveries", "webhook_endpoints", "whatsapp_days",
    "whatsapp_recipients",
}  # fmt: skip
"""Tables that no streamer reads."""

# Every id and every text of a streamer's rows holds its mark: "ana" or "bea", and its MD5.
FILL = """
insert into streamers (handle, name, currency, phone) values ('{who}', '{who}', 'USD', '{who}-phone');
insert into products (id, streamer, sku, name, price_minor, currency, stock)
    values ('{id}', '{who}', '{who}', '{who}', 100, 'USD', 5);
insert into product_variants (id, product_id, name, stock) values ('{id}', '{id}', '{who}', 1);
insert into product_embeddings (product_id, model, pictures, vectors, views)
    values ('{id}', '{who}', array['{who}'], '\\x00', 1);
insert into buyers (id, platform, client_id, handle, phone, email)
    values ('{id}', 'tiktok', '{who}-buyer', '{who}-buyer', '{who}-phone', '{who}-mail');
insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified)
    values ('{id}', '{number}-1', '{who}', '{who}-buyer', 'tiktok', '{who}', now(), 'stream', false);
insert into product_matches (comment_id, product_id, product_name, score) values ('{id}', '{id}', '{who}', 0.9);
insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,
                    unit_price_minor, amount_minor, currency, status, payment_id, paid_at)
    values ('{id}', 'ORD-20260101-0000{number}', '{id}', '{who}', '{id}', '{who}', '{id}', 1, 100, 100, 'USD', 'paid',
            '{who}-payment', now());
insert into order_numbers (day, last) values ('2026-01-0{number}', {number});
insert into chat_message_order_mapping (comment_id, order_id) values ('{id}', '{id}');
insert into payment_notifications (id, order_id, subject, recipient, channel, kind, body, claimed_until)
    values ('{id}', '{id}', '{id}', 'buyer', 'sms', 'confirmed', '{who}', now());
insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency)
    values ('{id}', '{id}', '{who}', '{id}', 100, 10, 'USD');
insert into end_states (comment_id, seq, stage, outcome, reason, ended_at)
    values ('{id}', '{number}-1', 'notify', 'done', '{who}', now());
insert into outbox (record_id, stage, comment_id, seq, streamer, record)
    values ('{id}', 'notify', '{id}', '{number}-1', '{who}', '{{}}');
insert into stripe_events (event_id, type) values ('{who}', '{who}');
insert into waitlist (id, comment_id, seq_rank, streamer, product_id, buyer_id, quantity, claim)
    values ('{id}', '{id}', {number}, '{who}', '{id}', '{id}', 1, '{{}}');
insert into unlisted_claims (comment_id, streamer, code, claim) values ('{id}', '{who}', '{who}', '{{}}');
insert into payment_attempts (order_id, attempt, key, parameters) values ('{id}', 1, '{who}', '{{}}');
insert into refunds (id, order_id, payment_id, amount_minor, currency, reason)
    values ('{id}', '{id}', '{who}', 1, 'USD', '{who}');
insert into payouts (order_id, streamer, account, amount_minor, currency)
    values ('{id}', '{who}', '{who}', 1, 'USD');
insert into consents (buyer_id, channel, granted, source) values ('{id}', 'sms', true, '{who}');
insert into whatsapp_recipients (day, recipient) values ('2026-01-01', '{who}');
insert into whatsapp_days (day, recipients) values ('2026-01-0{number}', 1);
insert into onboardings (id, buyer_id, expires_at) values ('{id}', '{id}', now());
insert into order_requests (key, digest, order_id) values ('{who}', '{who}', '{id}');
insert into webhook_endpoints (id, url, secret, streamer) values ('{id}', '{who}', '{who}', '{who}');
insert into api_keys (id, secret_hash, name, scopes, streamer)
    values (substr(md5('{who}'), 1, 12), sha256('{who}'), '{who}', '{{console}}', '{who}');
insert into webhook_deliveries (id, endpoint_id, event_id, event, payload)
    values ('{id}', '{id}', '{id}', '{who}', '{{}}');
"""
LATER = {
    "match_reviews": "insert into match_reviews (comment_id, candidates) values ('{id}', '[]')",
    "intent_corrections": "insert into intent_corrections (comment_id, intent, corrected_by)"
    " values ('{id}', 'buy', '{who}')",
}


@dataclass(frozen=True, slots=True)
class Sellers:
    """The database's owner's URL, and URLs of sessions that are held to what their role may."""

    owner_url: str
    tables: frozenset[str]

    @property
    def stages_url(self) -> str:
        """For the stages."""
        return as_user(self.owner_url, STAGES)

    @property
    def streamer_url(self) -> str:
        """For a streamer with statements of their own."""
        return as_user(self.owner_url, STREAMER)

    def access_pass(self, streamer: str, seconds: int = 300) -> str:
        """A pass, as the stages hand it out."""
        with psycopg.connect(self.stages_url) as connection:
            row = connection.execute("select access_pass(%s, %s)", (streamer, seconds)).fetchone()
        assert row is not None
        return str(row[0])

    async def as_streamer(self, shown: str | None = None) -> asyncpg.Connection[asyncpg.Record]:
        """A session of MINE's; or with another pass than hers."""
        connection = await asyncpg.connect(self.streamer_url)
        shown = self.access_pass(MINE) if shown is None else shown
        await connection.execute("select set_config('app.streamer', $1, false)", shown)
        return connection

    def their_rows(self) -> str:
        """All that stands in the tables, by the owner's eyes: unchanged as long as nobody changed it."""
        with psycopg.connect(self.owner_url) as connection:
            return "\n".join(
                repr(connection.execute(f"select t::text from {table} as t order by 1").fetchall())  # noqa: S608
                for table in sorted(self.tables)
            )


def open_sellers(owner_url: str) -> Sellers:
    """Let both roles log in, and fill every table, as the stages would."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for role in (STAGES, STREAMER):
            owner.execute(f"alter role {role} login password '{PASSWORD}'")
        rows = owner.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'public' and table_type = 'BASE TABLE' and table_name !~ '^_?yoyo'"
        ).fetchall()
    sellers = Sellers(owner_url, frozenset(name for (name,) in rows))
    with psycopg.connect(sellers.stages_url) as stages:
        for number, who in enumerate((MINE, THEIRS), 1):
            row = stages.execute("select md5(%s)::uuid", (who,)).fetchone()
            assert row is not None
            later = [text for table, text in LATER.items() if table in sellers.tables]
            for text in (*FILL.split(";\n"), *later):
                if text.strip():
                    stages.execute(text.format(who=who, id=row[0], number=number).encode())
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("analyze")  # so that there are statistics, which hold values of rows
    return sellers


def as_user(url: str, role: str) -> str:
    """The same database's URL for another user."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{PASSWORD}@{place}"))
