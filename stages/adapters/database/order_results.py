"""What may come of a claim, besides an order."""

from __future__ import annotations

from dataclasses import dataclass


class NoSuchOrder(LookupError):
    """The database knows no such order: it belongs to another database, or was never placed."""


class OrderPlacedMeanwhile(Exception):
    """Another worker placed this comment's order in the same moment; the next attempt finds it."""


@dataclass(frozen=True, slots=True)
class SoldOut:
    """Not one piece was left. Where it `waits`, the claim has its place on the waitlist. It was `overtaken` where a
    later comment has pieces: this one was longer on its way than others wait for it."""

    waits: bool = False
    overtaken: bool = False


@dataclass(frozen=True, slots=True)
class Contested:
    """There are pieces left, but others may want them first; nothing was changed."""


@dataclass(frozen=True, slots=True)
class TooOld:
    """The comment came too long ago to become an order now; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Retracted:
    """The comment was taken back before it became an order; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The buyer may not buy here; nothing was changed."""


@dataclass(frozen=True, slots=True)
class OverLimit:
    """The buyer would hold more than the `limit` of pieces that one buyer may; nothing was changed."""

    limit: int


@dataclass(frozen=True, slots=True)
class VariantNeeded:
    """The product is sold in variants, and the claim says none that it has; nothing was changed."""


Refused = SoldOut | Contested | TooOld | Retracted | Blocked | OverLimit | VariantNeeded


@dataclass(frozen=True, slots=True)
class Released:
    """A claim was given up: its unpaid `orders` (numbers) and its place on the waitlist, or a comment that had not
    become an order yet. Nothing remains to be done where it was carried out before."""

    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """The only claim that could be meant is paid; that takes a refund."""


@dataclass(frozen=True, slots=True)
class NothingToCancel:
    """No claim that could be meant stands, or none that this comment may release."""


Cancelled = Released | AlreadyPaid | NothingToCancel
