"""One house for all end-to-end tests: starting it takes longer than most of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict

import pytest

from pipeline.embedded.identity import Identity
from stages.demo.cli import RECORDED
from stages.demo.house import House
from stages.demo.show import Show, load_show
from tests.collector import Collector, collecting
from tests.e2e.instagram import SETTINGS as INSTAGRAM
from tests.e2e.processes import alive, descendants
from tests.e2e.shop import Shop, opened
from tests.log_watch import exposed_in_logs

CLAIM_SECONDS = 6.0  # shorter than in earnest, so that a half-sent message is resolved within a test


@pytest.fixture(scope="session")
def show() -> Show:
    """The recorded show."""
    return load_show(RECORDED)


def secrets_of(house: House, show: Show) -> list[str]:
    """What no log of the house may hold: its keys, and how its people are reached."""
    phones = [each.phone for each in show.script.buyers] + [each.phone for each in show.script.streamers]
    keys = asdict(house.secrets)
    return [str(keys[name]) for name in keys if not name.endswith(("_port", "_sid"))] + [
        phone for phone in phones if phone
    ]


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the house's processes send their traces."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[House]:
    """A house that runs; nothing of it may be left afterwards."""
    others = descendants()
    folder = tmp_path_factory.mktemp("house")
    # A viewer of these tests says the same in each of them, which follow quickly, and pays for little of it.
    told = {"repeat_window_seconds": 0.0, "rate_limit_per_viewer": "", "buyer_unpaid_limit": 1000}
    traces = {"traces_url": collector.url}
    settings = {"message_claim_seconds": CLAIM_SECONDS, **told, **INSTAGRAM, **traces}
    house = House(folder, RECORDED, settings=settings)
    started: set[Identity] = set()
    try:
        house.start()
        started = descendants() - others
        yield house
    finally:
        # Tests start processes again; the servers of other fixtures are not stages.
        started |= {each for each in descendants() - others if " -m stages " in f"{alive([each])}"}
        house.stop()
        said = exposed_in_logs(folder, secrets_of(house, load_show(RECORDED)))
        house.remove()
    assert not folder.exists()
    assert alive(started) == []
    assert said == [], "personal data or keys stand in the house's logs"


@pytest.fixture(scope="session")
async def shop(house: House, show: Show) -> AsyncIterator[Shop]:
    """The show's shop in the running house."""
    async with opened(house, show) as shop:
        yield shop
