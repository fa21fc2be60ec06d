"""Intent, vision and orders, each served by itself: real models, a real database, real frames."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from PIL import Image
from prometheus_client import REGISTRY
from pydantic import SecretStr

from pipeline.embedded.credentials import free_port
from schemas.money import Money
from stages.adapters.classifier import Classifier, load_classifier
from stages.adapters.database import Database
from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Catalog, Product, Streamer, product_id
from stages.adapters.frames import FrameStore
from stages.commands.opened import vault_of
from stages.doors.faces import (
    intent_door,
    order_door,
    serve_intent,
    serve_order,
    serve_vision,
    vision_door,
    vision_face,
)
from stages.doors.gate import Gate
from stages.doors.keyring import Keyring
from stages.doors.serving import Listening
from stages.doors.vision_face import VisionFace
from stages.frames.sampler import Sampler
from stages.frames.sampling import Sampling
from stages.frames.writer import FrameWriter
from stages.settings import MissingSetting, ShopSettings
from stages.wiring import utc_now
from tests.contract.kept_shop import kept_shop
from tests.e2e.shop import until
from tests.unit.test_vision import NOON, clock, mug

ANA, OTHER = "ana.sells", "other.sells.nothing"


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier(None)


@pytest.fixture
async def intent(classifier: Classifier) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(intent_door(classifier, Gate(None, open_doors=True), None)) as http:
        yield http


async def test_a_text_gets_its_intent_as_the_stage_would_judge_it(
    intent: httpx.AsyncClient, classifier: Classifier
) -> None:
    text = "OMG I love this jacket! I want to buy it now!"
    [judged] = classifier.classify([text])
    answer = await intent.post("/predict_intent", json={"text": text})
    assert answer.status_code == 200
    assert answer.json() == {"intent": "buy", "score": round(judged.score, 4)}


async def test_texts_that_come_together_are_judged_together(intent: httpx.AsyncClient) -> None:
    def batches() -> float:
        return REGISTRY.get_sample_value("tiktoksales_intent_face_batch_count") or 0.0

    before = batches()
    texts = {"I'll take two": "buy", "how much is shipping?": "question", "": "none", "💕": "none"}
    asked = [text for text in texts for _ in range(10)]
    answers = await asyncio.gather(*(intent.post("/predict_intent", json={"text": text}) for text in asked))
    assert [answer.json()["intent"] for answer in answers] == [texts[text] for text in asked]
    assert batches() - before <= 5


@pytest.mark.parametrize(
    "body", [{}, {"text": 5}, {"text": "x" * 2001}, [], {"text": None}, "text", {"text": "\ud800"}]
)
async def test_what_is_no_text_is_refused_in_words(intent: httpx.AsyncClient, body: Any) -> None:
    headers = {"content-type": "application/json"}
    answer = await intent.post("/predict_intent", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["ok"] is False


async def test_an_open_face_serves_this_machine_only(intent: httpx.AsyncClient) -> None:
    for headers in ({"host": "evil.example"}, {"x-forwarded-for": "203.0.113.7"}):
        answer = await intent.post("/predict_intent", json={"text": "x"}, headers=headers)
        assert answer.status_code == 401


async def test_elsewhere_a_face_asks_for_a_key_of_any_scope(
    classifier: Classifier, database: Database
) -> None:
    keys = ApiKeys(database)
    gate = Gate(Keyring(keys, lambda: 0.0, utc_now))
    shown = await keys.create("other software", ["ingest"], None, "gateway", utc_now())
    async with calling(intent_door(classifier, gate, database)) as http:
        assert (await http.post("/predict_intent", json={"text": "x"})).status_code == 401
        headers = {"Authorization": f"Bearer {shown}"}
        assert (await http.post("/predict_intent", json={"text": "x"}, headers=headers)).status_code == 200
        assert (await http.get("/metrics", headers=headers)).status_code == 403
        assert (await http.get("/readyz")).json() == {"ok": True}
    await gate.close()


@pytest.mark.parametrize(
    ("serve", "host", "lacks"),
    [
        (serve_intent, "0.0.0.0", "DATABASE_URL"),
        (serve_vision, "127.0.0.1", "DATABASE_URL"),
        (serve_order, "127.0.0.1", "REDIS_URL"),
    ],
)
async def test_a_face_says_what_it_lacks(
    serve: Callable[[ShopSettings, Listening], Awaitable[None]], host: str, lacks: str
) -> None:
    with pytest.raises(MissingSetting, match=lacks):
        await serve(ShopSettings(database_url="", redis_url=""), Listening(host, 0))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_a_face_says_how_it_is(intent: httpx.AsyncClient, path: str) -> None:
    assert (await intent.get(path)).status_code == 200


async def test_orders_are_placed_by_a_face_of_their_own(
    redis_url: str, database_url: str, tmp_path: Path
) -> None:
    async with kept_shop(redis_url, database_url, tmp_path) as shop, calling(order_door(shop.wiring)) as http:
        await shop.sell("JACKET", 1)
        body = {"product_id": "JACKET", "buyer": "bo", "streamer": shop.streamer, "source": "shop"}
        answer = await http.post("/order/create", json=body)
        assert (answer.status_code, answer.json()["status"]) == (200, "placed")
        assert (await http.post("/order/create", json=body)).status_code == 409
        assert (await http.get("/readyz")).status_code == 200


@dataclass(frozen=True, slots=True)
class Eyes:
    """A face that looks at the show of a streamer who sells a mug and a clock, and held the mug up at NOON. `named` is
    where frames lie that may be named."""

    face: VisionFace
    database: Database
    named: str
    frames: FrameStore


@pytest.fixture(scope="module")
async def eyes(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Eyes]:
    room = tmp_path_factory.mktemp("room")
    (room / "named").mkdir()
    settings = ShopSettings(
        database_url=database_url,
        data_keys=(SecretStr(Fernet.generate_key().decode()),),
        catalog_url=room.as_uri(),
        frames_url=(room / "frames").as_uri(),
        frame_url_prefixes=((room / "named").as_uri(),),
    )
    database = await Database.connect(database_url)
    catalog = Catalog(database, vault_of(settings))
    for handle in (ANA, OTHER):
        await catalog.put_streamer(Streamer(handle, handle, "JPY"))
    for sku, name, drawn in (("MUG-1", "Sea Breeze Mug", mug()), ("CLK-3", "Wall Clock", clock())):
        on(drawn, (200, 200), "white", (0, 0)).save(room / f"{sku}.png")
        frame = on(drawn.resize((170, 170)), (320, 320), "tan", (80, 110))
        frame.save(room / "named" / f"{sku}.jpg", "JPEG", quality=95)
        price = Money(amount_minor=500, currency="JPY")
        await catalog.put_product(ANA, Product(product_id(ANA, sku), sku, name, price, (f"{sku}.png",)), 5)
    seen = (room / "named" / "MUG-1.jpg").read_bytes()
    frames = FrameStore(settings.frames_url)
    await frames.put(ANA, NOON - timedelta(seconds=3), seen)
    async with vision_face(settings, database) as face:
        yield Eyes(face, database, (room / "named").as_uri(), frames)
    await database.close()


@pytest.fixture
async def vision(eyes: Eyes) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(vision_door(eyes.face, Gate(None, open_doors=True), eyes.database)) as http:
        yield http


def on(drawn: Image.Image, size: tuple[int, int], colour: str, place: tuple[int, int]) -> Image.Image:
    """The drawing on a ground of one colour."""
    ground = Image.new("RGB", size, colour)
    ground.paste(drawn, place, drawn)
    return ground


async def test_the_product_on_screen_is_found_in_the_stored_frames(vision: httpx.AsyncClient) -> None:
    answer = await vision.post("/match_product", json={"streamer": ANA, "timestamp": NOON.isoformat()})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body == {
        "productId": str(product_id(ANA, "MUG-1")),
        "product_name": "Sea Breeze Mug",
        "score": body["score"],
        "price": 500,
        "currency": "JPY",
        "sku": "MUG-1",
    }
    assert 0.7 < body["score"] <= 1


async def test_named_frames_are_looked_at_instead(vision: httpx.AsyncClient, eyes: Eyes) -> None:
    body = {"streamer": ANA, "timestamp": NOON.timestamp(), "frame_urls": [f"{eyes.named}/CLK-3.jpg"]}
    answer = await vision.post("/match_product", json=body)
    assert answer.json()["product_name"] == "Wall Clock"


async def test_words_count_as_they_do_in_the_stage(vision: httpx.AsyncClient) -> None:
    later = (NOON + timedelta(hours=1)).isoformat()
    body = {"streamer": ANA, "timestamp": later, "message": "the wall clock please"}
    answer = await vision.post("/match_product", json=body)
    assert (answer.json()["product_name"], answer.json()["score"]) == ("Wall Clock", 0.85)


async def test_a_video_of_the_show_is_all_that_vision_needs(
    vision: httpx.AsyncClient, eyes: Eyes, tmp_path: Path
) -> None:
    with av.open(str(tmp_path / "show.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        picture = on(clock().resize((170, 170)), (320, 320), "tan", (80, 110))
        for _ in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture))))
        container.mux(stream.encode(None))
    begins = NOON + timedelta(hours=2)
    sampling = Sampling(ANA, str(tmp_path / "show.mp4"), starts_at=begins.timestamp())
    writer = FrameWriter(eyes.frames, ANA, time.time)
    await Sampler(sampling, writer, now=time.time, random=lambda: 0.0).run()
    body = {"streamer": ANA, "timestamp": (begins + timedelta(seconds=3)).isoformat()}
    answer = await vision.post("/match_product", json=body)
    assert answer.json()["product_name"] == "Wall Clock"
    assert answer.json()["score"] > 0.7


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/frame.jpg", "file:///etc/passwd", "NAMED/../secret.jpg", "nonsense"]
)
async def test_frames_from_elsewhere_are_refused_unread(
    vision: httpx.AsyncClient, eyes: Eyes, url: str
) -> None:
    body = {"streamer": ANA, "timestamp": NOON.isoformat(), "frame_urls": [url.replace("NAMED", eyes.named)]}
    answer = await vision.post("/match_product", json=body)
    assert answer.status_code == 422
    assert "none of the configured prefixes" in answer.json()["error"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"streamer": "nobody"}, "There is no streamer 'nobody'."),
        ({"timestamp": "2026-01-01T20:00"}, "There are no frames of 'ana.sells'"),
        ({"frame_urls": ["NAMED/gone.jpg"]}, "None of the frames can be read."),
    ],
)
async def test_where_there_is_nothing_to_match_it_says_what_is_missing(
    vision: httpx.AsyncClient, eyes: Eyes, changed: dict[str, Any], words: str
) -> None:
    body = {"streamer": ANA, "timestamp": NOON.isoformat(), **changed}
    body["frame_urls"] = [url.replace("NAMED", eyes.named) for url in body.get("frame_urls", [])]
    answer = await vision.post("/match_product", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith(words)


async def test_a_key_that_is_bound_to_a_streamer_sees_no_other_catalog(eyes: Eyes) -> None:
    keys = ApiKeys(eyes.database)
    gate = Gate(Keyring(keys, lambda: 0.0, utc_now))
    shown = {bound: await keys.create("a", ["orders"], bound, "gateway", utc_now()) for bound in (ANA, OTHER)}
    answers = {}
    async with calling(vision_door(eyes.face, gate, eyes.database)) as http:
        for bound, key in shown.items():
            headers = {"Authorization": f"Bearer {key}"}
            body = {"streamer": ANA, "timestamp": NOON.isoformat()}
            answers[bound] = (await http.post("/match_product", json=body, headers=headers)).status_code
    await gate.close()
    assert answers == {ANA: 200, OTHER: 403}


async def test_what_takes_too_long_or_comes_too_often_is_put_off(
    vision: httpx.AsyncClient, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck:
        async def of(self, _: str) -> None:
            await asyncio.Event().wait()

    body = {"streamer": ANA, "timestamp": NOON.isoformat()}
    monkeypatch.setattr(eyes.face, "_shelves", Stuck())
    monkeypatch.setattr(eyes.face, "_timeout_seconds", 0.0)
    late = await vision.post("/match_product", json=body)
    monkeypatch.setattr("stages.doors.vision_face.MOST_WAITING", 0)
    crowded = await vision.post("/match_product", json=body)
    for answer, words in ((late, "in time"), (crowded, "Too many")):
        assert answer.status_code == 503
        assert words in answer.json()["error"]
        assert int(answer.headers["retry-after"]) >= 1


async def test_the_command_serves_until_it_is_told_to_stop() -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stages", "serve", "intent", "--port", str(port)
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers, "the face answers")
        answer = await http.post("/predict_intent", json={"text": "I'll take two"})
        assert answer.json()["intent"] == "buy"
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 20) == 0
