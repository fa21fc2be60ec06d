"""The intent service: `POST /classify` judges one comment."""

from __future__ import annotations

import argparse

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from stages.adapters.classifier import Classifier, load_classifier
from stages.adapters.slots import parse_slots


class Text(BaseModel):
    """What was written."""

    text: str


class Intent(BaseModel):
    """What it is about."""

    intent: str
    score: float
    quantity: int | None


def make_app(classifier: Classifier) -> FastAPI:
    """The service, around a model that is loaded."""
    app = FastAPI()

    @app.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/classify")
    def classify(text: Text) -> Intent:
        (judged,) = classifier.classify([text.text])
        slots = parse_slots(text.text) if judged.intent == "buy" else None
        return Intent(intent=judged.intent, score=judged.score, quantity=slots.quantity if slots else None)

    return app


def main() -> None:
    """Serve on the given port of this machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baseline.intent_service")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(make_app(load_classifier(None)), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
