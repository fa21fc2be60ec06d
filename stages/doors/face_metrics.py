"""What Prometheus is told about the service faces."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from pipeline.metrics import NAMESPACE

INTENT_BATCH = Histogram(
    "intent_face_batch",
    "Texts that were judged together",
    namespace=NAMESPACE,
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
INTENT_SECONDS = Histogram(
    "intent_face_seconds", "From a text to its intent, waiting included", namespace=NAMESPACE
)
VISION_SECONDS = Histogram(
    "vision_face_seconds", "From a question to the product, waiting included", namespace=NAMESPACE
)
CROWDED = Counter("face_crowded", "Requests refused since too many waited", ["face"], namespace=NAMESPACE)
