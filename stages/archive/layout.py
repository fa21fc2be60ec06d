"""Where what lies in the archive.

`day=YYYY-MM-DD/streamer=NAME/FIRST_LAST-DIGEST.parquet` holds entries; `_manifests/day=YYYY-MM-DD/FIRST_LAST.json` says
of a stretch of the stream which files belong to it. A file counts only where a manifest names it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from pipeline.entry_id import EntryId, id_text, parse_id
from stages.archive.entry import Entry

MANIFESTS = "_manifests"
NOBODY = "__HIVE_DEFAULT_PARTITION__"  # what Hive and its followers call a value that is missing
DAY_MS = 24 * 3600 * 1000
_LONGEST_NAME = 200  # file systems end at 255 bytes a name
_LAST_DAY_MS = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)
_MANIFEST = re.compile(r"(\d+-\d+)_(\d+-\d+)\.json")
_DAY = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


class Stretch(NamedTuple):
    """Where a manifest lies, and which ids it reaches from and to."""

    first: EntryId
    last: EntryId
    path: str


def day_of(entry_id: EntryId) -> date:
    """The day (UTC) of an id. Ids of no calendar count as of its last day."""
    return datetime.fromtimestamp(min(entry_id[0], _LAST_DAY_MS) / 1000, UTC).date()


def day_bounds(day: date) -> tuple[EntryId, EntryId]:
    """The first id of a day, and the first behind it."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = int(begin.timestamp() * 1000)
    return (first, 0), (first + int(timedelta(days=1).total_seconds() * 1000), 0)


def file_path(day: date, folder: str, entries: Sequence[Entry], digest: str) -> str:
    """Where a file with these entries lies. Its name tells its content: another content never takes its place."""
    name = f"{entries[0].seq}_{entries[-1].seq}-{digest[:16]}.parquet"
    return f"day={day.isoformat()}/streamer={folder}/{name}"


def file_folder(day: date, folder: str = "") -> str:
    """Where a day's files lie, or a streamer's of that day."""
    return f"day={day.isoformat()}/{folder}".rstrip("/")


def manifest_folder(day: date) -> str:
    """Where a day's manifests lie."""
    return f"{MANIFESTS}/day={day.isoformat()}"


def stretch_from(first: EntryId, last: EntryId) -> Stretch:
    """The stretch between two ids of a day."""
    name = f"{id_text(first)}_{id_text(last)}.json"
    return Stretch(first, last, f"{manifest_folder(day_of(first))}/{name}")


def stretch_of(day: date, name: str) -> Stretch | None:
    """What the name of a file in a day's manifest folder tells; None where it is none of ours."""
    found = _MANIFEST.fullmatch(name)
    if found is None:
        return None
    return Stretch(parse_id(found[1]), parse_id(found[2]), f"{manifest_folder(day)}/{name}")


def day_in(folder: str) -> date | None:
    """The day that a folder's name tells; None where it is none of ours."""
    found = _DAY.fullmatch(folder)
    return date.fromisoformat(found[1]) if found else None


def streamer_folder(streamer: str | None) -> str:
    """A streamer's name in a path: percent-encoded, dots too."""
    if not streamer:
        return NOBODY
    folder = quote(streamer, safe="").replace(".", "%2E")
    return NOBODY if len(folder) > _LONGEST_NAME else folder


def slot_end(entry_id: EntryId, slot_ms: int) -> EntryId:
    """The end of the slot of its day that an id lies in."""
    day_ms = entry_id[0] - entry_id[0] % DAY_MS
    within = (entry_id[0] - day_ms) // slot_ms + 1
    return (min(day_ms + within * slot_ms, day_ms + DAY_MS), 0)


def slot_start(milliseconds: int, slot_ms: int) -> EntryId:
    """The beginning of the slot of its day that a moment lies in."""
    day_ms = milliseconds - milliseconds % DAY_MS
    return (day_ms + (milliseconds - day_ms) // slot_ms * slot_ms, 0)
