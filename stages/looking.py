"""What speaks for a product when a viewer wrote: the frames, the words, and what the host pinned."""

from __future__ import annotations

from dataclasses import dataclass

from stages.adapters.hints import LogOdds, Said
from stages.adapters.matcher import Match, Matcher
from stages.adapters.pins import Pins
from stages.adapters.shelf import Shelf
from stages.adapters.sight import Scene, Seen, Sight

CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Look:
    """All that can be weighed. `said` is what the comment names outright."""

    seen: tuple[Seen, ...]
    hints: LogOdds
    said: Said | None

    @property
    def names(self) -> list[str]:
        """The frames' paths or URLs."""
        return [each.name for each in self.seen]

    def match(self, shelf: Shelf, matcher: Matcher) -> Match | None:
        """The product meant. A claim code stands whatever is on screen; other words stand alone without frames only."""
        if self.said and (self.said.by_code or not self.seen):
            return Match(self.said.sku, self.said.score)
        return matcher.match([each.description for each in self.seen], shelf.index, self.hints)

    def candidates(self, shelf: Shelf, matcher: Matcher) -> list[Match]:
        """The products that may be meant."""
        if self.said and not self.seen:
            return [Match(self.said.sku, self.said.score)]
        frames = [each.description for each in self.seen]
        return matcher.ranked(frames, shelf.index, self.hints, limit=CANDIDATES)


async def look(
    scene: Scene, message: str, code: str | None, *, shelf: Shelf, sight: Sight, pins: Pins
) -> Look | None:
    """Look at the scene's frames, at the viewer's words, and at the claim `code` in them; None where there is no frame
    and nothing is named outright. Raises UnreachableFrames and DatabaseUnavailable."""
    seen = await sight.of(scene, shelf.streamer.view_delay_seconds)
    said = shelf.vocabulary.outright(message, code)
    if not seen and said is None:
        return None
    pinned = await pins.pinned(scene.streamer, scene.timestamp)
    hints = shelf.vocabulary.log_odds(shelf.index.skus, message, code, pinned)
    return Look(tuple(seen), hints, said)
