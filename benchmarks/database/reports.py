"""What may read a whole table, and why. The list is closed: any other statement that does is a fault."""

from __future__ import annotations

from collections.abc import Mapping

REPORTS: Mapping[str, str] = {
    "buyers/known": "the demo asks it before it seeds; no process of a shop does",
    "cost/charged": "`cost` counts a span's orders, of which there may be all",
    "cost/counted": "the same, of comments",
    "ledger/balances": "a streamer's whole ledger is summed: one of many streamers by an index, a great one by a scan",
    "ledger/entries": "`commissions` prints a streamer's whole ledger",
    "payouts/due": "what is not paid out yet is told by a streamer's whole ledger; once a minute, with PAYOUTS alone",
    "payouts/earners": "the same, of all streamers",
    "sealing/is_plain": "`migrate` asks it once",
    "trail/by_message_id": "`trace` asks it for a person, seldom; an index would cost a write with every comment",
    "trail/totals": "the demo's summary counts everything",
}
