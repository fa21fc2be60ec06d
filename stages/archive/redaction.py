"""Forgets viewers in the archive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

from pipeline.engines.redis.archive_mark import TURN_SECONDS, ArchiveTurn
from stages.archive.archive import Archive
from stages.archive.entry import Entry
from stages.archive.layout import Stretch, file_folder
from stages.archive.manifest import ArchivedFile
from stages.mendable import Mendable

_LOOK_SECONDS = 0.5
IsTheirs = Callable[[Mapping[bytes, bytes]], bool]


class ArchiveBusy(Mendable):
    """Somebody else changes the archive."""

    def __init__(self) -> None:
        super().__init__(
            "Another process writes the archive: not everything was erased there, and nothing in the database. Try "
            "again in a few minutes."
        )


class Redaction:
    """Reads the whole archive, and writes anew what holds a viewer's words: of their entries the ids stay, and nothing
    else. Whatever it was cut off in is made good by calling it again."""

    def __init__(self, archive: Archive, turn: ArchiveTurn) -> None:
        self._archive, self._turn = archive, turn

    async def redact(self, is_theirs: IsTheirs) -> int:
        """Empty the entries whose fields are theirs, and delete files that no manifest names. Returns how many entries.
        Raises ArchiveBusy, ArchiveAway, DamagedArchive, NotInArchive and what redis-py raises."""
        redacted = 0
        async with self._our_turn():
            for day in await self._archive.days():
                for stretch in await self._archive.stretches_of(day):
                    redacted += await self._redact(day, stretch, is_theirs)
            for day in await self._archive.days_of_files():
                await self._delete_nameless(day)
        return redacted

    async def _redact(self, day: date, stretch: Stretch, is_theirs: IsTheirs) -> int:
        manifest = await self._archive.manifest(stretch)
        files: list[ArchivedFile] = []
        redacted = 0
        for file in manifest.files:
            await self._keep_turn()
            entries = await self._archive.read_file(file)
            emptied = [_emptied(entry, is_theirs) for entry in entries]
            if count := _differing(entries, emptied):
                redacted += count
                files.append(await self._archive.write_file(day, file.streamer, emptied))
            else:
                files.append(file)
        if redacted:
            await self._archive.commit(manifest.model_copy(update={"files": tuple(files)}))
            await self._archive.objects.delete([file.path for file in manifest.files if file not in files])
        return redacted

    async def _delete_nameless(self, day: date) -> None:
        """What a crash left behind counts for nothing, and holds their words perhaps."""
        stretches = await self._archive.stretches_of(day)
        named = {file.path for each in stretches for file in (await self._archive.manifest(each)).files}
        folders, _ = await self._archive.objects.names(file_folder(day))
        for folder in folders:
            await self._keep_turn()
            place = file_folder(day, folder)
            _, names = await self._archive.objects.names(place)
            paths = {f"{place}/{name}" for name in names if name.endswith(".parquet")}
            await self._archive.objects.delete(sorted(paths - named))

    @asynccontextmanager
    async def _our_turn(self) -> AsyncIterator[None]:
        """Wait until whoever writes now has ended, or was cut off long enough ago."""
        for _ in range(int(TURN_SECONDS / _LOOK_SECONDS) + 2):
            async with self._turn.taken() as ours:
                if ours:
                    yield
                    return
            await asyncio.sleep(_LOOK_SECONDS)
        raise ArchiveBusy

    async def _keep_turn(self) -> None:
        if not await self._turn.take():
            raise ArchiveBusy


def _emptied(entry: Entry, is_theirs: IsTheirs) -> Entry:
    return replace(entry, parts=None) if entry.parts is not None and is_theirs(entry.fields) else entry


def _differing(before: Sequence[Entry], now: Sequence[Entry]) -> int:
    return sum(one is not other for one, other in zip(before, now, strict=True))
