"""Dead letters sent back from the page."""

from __future__ import annotations

from pipeline.dead_letter import NoSuchDeadLetter
from pipeline.ports import Lying
from pipeline.redrive_one import NotRedrivable
from stages.console.backstage import Backstage
from stages.console.notice import Notice
from stages.console.views.dead_letters import belongs

_AT_ONCE = 100  # of "all": enough for a click, and no flood for the stage


class LetterDesk:
    """Sends back what belongs to a streamer; `with_strays`, also what names none. Every method raises what says that
    the streams are away (absence.AWAY)."""

    def __init__(self, backstage: Backstage) -> None:
        self._backstage = backstage
        self._letters, self._redriver = backstage.backbone.letters, backstage.backbone.redriver

    async def redrive(self, streamer: str, dead_id: str, *, with_strays: bool) -> Notice:
        """Back into its stage; what came of it, in words."""
        try:
            listed = await self._letters.find(dead_id)
            if not belongs(listed.letter, streamer, with_strays=with_strays):
                return _GONE
            await self._redriver.redrive(listed)
        except NoSuchDeadLetter:
            return _GONE
        except NotRedrivable as error:
            return Notice(str(error), is_refusal=True)
        return Notice(f"Sent back to {listed.letter.stage}.")

    async def redrive_all(self, streamer: str, *, with_strays: bool) -> Notice:
        """The newest that can be sent back, so many at once; the oldest of them first."""
        sent, refused = 0, 0
        for listed in await self._sendable(streamer, with_strays):
            try:
                await self._redriver.redrive(listed)
            except NoSuchDeadLetter:
                continue  # somebody else was faster
            except NotRedrivable:
                refused += 1
            else:
                sent += 1
        left = f" {refused} could not be sent: see `tiktoksales dlq show`." if refused else ""
        return Notice(f"{sent} sent back.{left}", is_refusal=bool(refused))

    async def _sendable(self, streamer: str, with_strays: bool) -> list[Lying]:
        newest = await self._backstage.backbone.newest_letters.look()
        own = [
            each
            for each in newest
            if belongs(each.letter, streamer, with_strays=with_strays) and not each.letter.is_tombstone
        ]
        return own[:_AT_ONCE][::-1]


_GONE = Notice("This dead letter is gone: somebody else sent it back or deleted it.", is_refusal=True)
