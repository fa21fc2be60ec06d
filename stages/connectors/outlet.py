"""Where connectors push to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stages.connectors.incoming import Incoming


class Outlet(Protocol):
    """A door into the pipeline."""

    async def push(self, batch: Sequence[Incoming]) -> int:
        """Hand the batch on, in this order. Returns how many of it were taken; the door refused the others for good
        (and said why in the log).

        Raises Away where all or part of it may not have been taken: the same batch may then be pushed again, since
        ids derive from message ids. Raises Refused where the door is closed to this connector.
        """
