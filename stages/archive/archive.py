"""Writes stretches of the public stream, and reads them again; neither believes what it has not checked."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date

from pipeline.cancellation import cancel
from pipeline.entry_id import EntryId
from stages.archive.entry import Entry, digest
from stages.archive.failure import DamagedArchive, ForeignArchive, NotInArchive
from stages.archive.layout import (
    MANIFESTS,
    Stretch,
    day_in,
    day_of,
    file_path,
    manifest_folder,
    streamer_folder,
    stretch_from,
    stretch_of,
)
from stages.archive.manifest import ArchivedFile, Manifest, read_manifest
from stages.archive.parquet import from_parquet, to_parquet
from stages.archive.store import Objects

_AT_ONCE = 8
_MOST_STREAMERS = 256  # of a stretch with a folder of their own: anybody may write names that nobody bears


class Archive:
    """Entries by stretches, each of one day. All methods raise ArchiveAway, and DamagedArchive where something does not
    hold what its manifest says."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    async def days(self) -> list[date]:
        """The days of which there is anything."""
        folders, _ = await self.objects.names(MANIFESTS)
        return sorted(day for folder in folders if (day := day_in(folder)))

    async def days_of_files(self) -> list[date]:
        """The days of which there are files, whether they count or not."""
        folders, _ = await self.objects.names("")
        return sorted(day for folder in folders if (day := day_in(folder)))

    async def stretches(self, start: EntryId, end: EntryId) -> list[Stretch]:
        """The stretches that hold ids from `start` up to, but without, `end`, in order."""
        wanted = [day for day in await self.days() if day_of(start) <= day <= day_of(end)]
        found = [stretch for day in wanted for stretch in await self.stretches_of(day)]
        return sorted(stretch for stretch in found if stretch.first < end and stretch.last >= start)

    async def stretches_of(self, day: date) -> list[Stretch]:
        """The stretches of a day, in order."""
        _, names = await self.objects.names(manifest_folder(day))
        return sorted(stretch for name in names if (stretch := stretch_of(day, name)))

    async def manifest(self, stretch: Stretch) -> Manifest:
        """What a stretch holds."""
        return read_manifest(stretch.path, await self.objects.get(stretch.path))

    async def read(self, stretch: Stretch, streamer: str | None = None) -> list[Entry]:
        """The entries of a stretch in the order of their ids; with a `streamer` only the files in which theirs lie."""
        try:
            return await self._read(await self.manifest(stretch), streamer)
        except NotInArchive:  # somebody was forgotten meanwhile: the manifest names other files now
            manifest = await self.manifest(stretch)
        try:
            return await self._read(manifest, streamer)
        except NotInArchive as error:
            raise DamagedArchive(stretch.path, f"it names a file that is not there: {error}") from error

    async def read_file(self, file: ArchivedFile) -> list[Entry]:
        """The entries of a file, checked by count and hash. Raises NotInArchive."""
        data = await self.objects.get(file.path)
        try:
            entries, found = await asyncio.to_thread(_opened, data)
        except ValueError as error:
            raise DamagedArchive(file.path, str(error)) from error
        if len(entries) != file.count:
            raise DamagedArchive(file.path, f"it holds {len(entries)} entries, and should hold {file.count}")
        if found != file.sha256:
            raise DamagedArchive(file.path, "its entries have another hash than when they were archived")
        return entries

    async def keep(self, entries: Sequence[Entry]) -> int:
        """Archive entries of one day, in the order of their ids: when this returns, all of them lie there and were read
        back. What lies there already is left. Returns how many were new. Raises ForeignArchive."""
        fresh = await self._fresh(entries)
        if fresh:
            files = await self._write(fresh)
            await self.commit(Manifest(first=fresh[0].seq, last=fresh[-1].seq, count=len(fresh), files=files))
        return len(fresh)

    async def write_file(self, day: date, streamer: str | None, entries: Sequence[Entry]) -> ArchivedFile:
        """Write a file and read it back. It counts once a manifest names it."""
        data, sha256 = await asyncio.to_thread(_packed, entries)
        path = file_path(day, streamer_folder(streamer), entries, sha256)
        forgotten = sum(entry.parts is None for entry in entries)
        file = ArchivedFile(
            path=path, streamer=streamer, count=len(entries), forgotten=forgotten, sha256=sha256
        )
        await self.objects.put(path, data)
        try:
            await self.read_file(file)
        except NotInArchive as error:
            raise DamagedArchive(path, "it was written, and is not there") from error
        return file

    async def commit(self, manifest: Manifest) -> None:
        """Make a stretch's files count."""
        stretch = stretch_from(*manifest.reach)
        await self.objects.put(stretch.path, manifest.model_dump_json().encode())
        try:
            same = await self.manifest(stretch) == manifest
        except NotInArchive:
            same = False
        if not same:
            raise DamagedArchive(stretch.path, "it was written, and reads otherwise")

    async def _fresh(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that don't lie there yet. Raises ForeignArchive."""
        first, last = entries[0].id, entries[-1].id
        known: dict[str, Entry] = {}
        for stretch in await self.stretches_of(day_of(first)):
            if stretch.first <= last and stretch.last >= first:
                known.update((entry.seq, entry) for entry in await self.read(stretch))
        for entry in entries:
            kept = known.get(entry.seq)
            if kept and kept.parts is not None and kept != entry:
                raise ForeignArchive(entry.seq)
        return [entry for entry in entries if entry.seq not in known]

    async def _write(self, entries: Sequence[Entry]) -> tuple[ArchivedFile, ...]:
        places, day = asyncio.Semaphore(_AT_ONCE), day_of(entries[0].id)

        async def written(streamer: str | None, theirs: Sequence[Entry]) -> ArchivedFile:
            async with places:
                return await self.write_file(day, streamer, theirs)

        tasks = [asyncio.create_task(written(*each)) for each in _by_streamer(entries).items()]
        try:
            return tuple(await asyncio.gather(*tasks))
        finally:
            await cancel(tasks)

    async def _read(self, manifest: Manifest, streamer: str | None) -> list[Entry]:
        wanted = [file for file in manifest.files if streamer is None or file.streamer in (streamer, None)]
        found = [entry for file in wanted for entry in await self.read_file(file)]
        return sorted(found, key=lambda entry: entry.id)


async def in_order(
    read: Callable[[Stretch], Awaitable[list[Entry]]], stretches: Sequence[Stretch]
) -> AsyncIterator[list[Entry]]:
    """What `read` finds in stretches, in the order of ids, none twice: that of a stretch at a time, or of several where
    they overlap."""
    group: list[Stretch] = []
    for stretch in [*stretches, None]:
        if group and (stretch is None or stretch.first > max(each.last for each in group)):
            found = {entry.seq: entry for each in group for entry in await read(each)}
            yield sorted(found.values(), key=lambda entry: entry.id)
            group = []
        if stretch:
            group.append(stretch)


def _by_streamer(entries: Sequence[Entry]) -> Mapping[str | None, list[Entry]]:
    counts = Counter(entry.streamer for entry in entries)
    known = {name for name, _ in counts.most_common(_MOST_STREAMERS)}
    found: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.streamer if entry.streamer in known else None].append(entry)
    return found


def _packed(entries: Sequence[Entry]) -> tuple[bytes, str]:
    return to_parquet(entries), digest(entries)


def _opened(data: bytes) -> tuple[list[Entry], str]:
    entries = from_parquet(data)
    return entries, digest(entries)
