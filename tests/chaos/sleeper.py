"""A worker that can be told where to fall asleep: `python -m tests.chaos.sleeper run`, with light models.

It stops itself (SIGSTOP) right before the armed call, and makes that call when it is woken (SIGCONT): what a paused
machine does. The call's end is written down too, so that nobody has to guess when it is over.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recovery.light_models import LightWiring
from pipeline.engines.redis.streams import StageStream
from stages import cli, running
from stages.adapters.database.catalog import Catalog
from stages.adapters.database.comments import Comments
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.notifications import Notifications
from stages.adapters.database.orders import Orders
from stages.adapters.messages import TwilioMessages
from stages.adapters.payments import StripePayments

FOLDER_VARIABLE = "SLEEPER_FOLDER"

EFFECTS: dict[str, tuple[type, str]] = {
    "storing a comment": (Comments, "store"),
    "storing an intent": (Comments, "classify"),
    "storing a match": (Catalog, "store_match"),
    "placing an order": (Orders, "place_plain"),
    "charging a card": (StripePayments, "charge_as"),
    "recording a payment": (Orders, "pay"),
    "opening a pay link": (StripePayments, "open_checkout"),
    "recording a pay link": (Orders, "await_payment"),
    "claiming a message": (Notifications, "claim"),
    "sending a message": (TwilioMessages, "send"),
    "recording a message": (Notifications, "record"),
    "recording an end": (EndStates, "record"),
}
SETTLES = tuple(
    f"settling {stage}" for stage in ("ingest", "intent", "vision", "order", "payment", "notify", "projector")
)


def main() -> None:
    """Run the command line, able to fall asleep."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    for point, (owner, method) in EFFECTS.items():
        _wrap(owner, method, lambda *_, point=point: point, folder)
    _wrap(StageStream, "settle", lambda stream, *_: f"settling {stream.stage}", folder)
    setattr(running, "Wiring", LightWiring)  # noqa: B010 - an assignment would be one to a type
    cli.main()


def _wrap(owner: type, method: str, named: Callable[..., str], folder: Path) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    async def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        slept = _sleep_at(named(self), folder)
        try:
            return await original(self, *args, **kwargs)
        finally:
            if slept:
                (folder / "over").touch()

    setattr(owner, method, wrapped)


def _sleep_at(point: str, folder: Path) -> bool:
    armed = folder / "armed"
    try:
        if armed.read_text() != point:
            return False
        armed.rename(folder / "draft")  # whoever renames it is the one
    except FileNotFoundError:
        return False
    (folder / "draft").write_text(str(os.getpid()))
    (folder / "draft").rename(folder / "asleep")
    os.kill(os.getpid(), signal.SIGSTOP)
    return True


if __name__ == "__main__":
    main()
