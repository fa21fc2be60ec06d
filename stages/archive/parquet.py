"""Entries as a Parquet file, and back.

Columns: `id` (text), `at` (milliseconds, UTC), `fields` (a list of name and value, both bytes, in the entry's order;
null where the viewer was forgotten). Day and streamer are in the file's path, as Hive and its followers read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import pyarrow as pa
import pyarrow.parquet as pq

from stages.archive.entry import Entry

_FIELD = pa.struct(
    [pa.field("name", pa.binary(), nullable=False), pa.field("value", pa.binary(), nullable=False)]
)
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("at", pa.timestamp("ms", "UTC"), nullable=False),
        pa.field("fields", pa.list_(_FIELD)),
    ]
)


def to_parquet(entries: Sequence[Entry]) -> bytes:
    """One file; the same entries give the same bytes."""
    parts = [part for entry in entries for part in entry.parts or ()]
    pairs = pa.StructArray.from_arrays(
        [pa.array(parts[::2], pa.binary()), pa.array(parts[1::2], pa.binary())], fields=list(_FIELD)
    )
    ends = accumulate((len(entry.parts or ()) // 2 for entry in entries), initial=0)
    fields = pa.ListArray.from_arrays(
        pa.array(list(ends), pa.int32()),
        pairs,
        type=SCHEMA.field("fields").type,
        mask=pa.array([entry.parts is None for entry in entries], pa.bool_()),
    )
    columns = [
        pa.array([entry.seq for entry in entries], pa.string()),
        pa.array([_shown_ms(entry) for entry in entries], pa.int64()).cast(SCHEMA.field("at").type),
        fields,
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), sink, compression="zstd")
    return bytes(sink.getvalue())


def from_parquet(data: bytes) -> list[Entry]:
    """What `to_parquet` was given. Raises ValueError for anything else."""
    try:
        table = pq.read_table(pa.BufferReader(data))
        ids, lists = table.column("id").to_pylist(), table.column("fields").to_pylist()
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ValueError(f"it is no Parquet file of ours ({error})") from error
    return [Entry(seq, _parts(fields)) for seq, fields in zip(ids, lists, strict=True)]


def _parts(fields: list[dict[str, bytes]] | None) -> tuple[bytes, ...] | None:
    if fields is None:
        return None
    return tuple(part for field in fields for part in (field["name"], field["value"]))


def _shown_ms(entry: Entry) -> int:
    return min(entry.id[0], 2**62)  # an id may hold 64 bits; the column is for people
