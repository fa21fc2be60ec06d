"""How the stages do that this streamer's comments pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.decision import partition_of
from stages.console.backstage import Backstage
from stages.console.stage_watch import StageHealth


@dataclass(frozen=True, slots=True)
class HealthView:
    """The stages in their order. The counts and rates are those of all streamers: only whoever looks after all sees
    them (`with_counts`)."""

    stages: tuple[StageHealth, ...]
    with_counts: bool

    @property
    def troubled(self) -> int:
        """How many stages are slow or silent."""
        return sum(1 for each in self.stages if each.is_slow or each.is_silent)


async def health_view(backstage: Backstage, streamer: str) -> HealthView:
    """All partitions for whoever looks after all streamers, else this streamer's."""
    if backstage.is_operator:
        return HealthView(await backstage.watch.look(), with_counts=True)
    own = partition_of(streamer, backstage.settings.partitions)
    stages = await backstage.watch.look(own)
    return HealthView(
        tuple(replace(each, rate=None, unfinished=None, retrying=0) for each in stages), with_counts=False
    )
