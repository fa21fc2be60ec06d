"""How many comments came by a door, and how they were answered."""

from __future__ import annotations

from prometheus_client import Counter

from pipeline.metrics import NAMESPACE

COMMENTS = Counter(
    "gateway_comments",
    "Comments that were posted, by their answer: taken, again (posted before), or the status of a refusal",
    ["answer"],
    namespace=NAMESPACE,
)
