"""What surrounds a record on its way: identity, order, version, event time, trace and the hops so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import orjson
from msgspec import Struct

from pipeline.stage import Note
from schemas.codec import SCHEMA_VERSION, UnreadableRecord
from schemas.records import Record

# Versions rise one by one, and readers are deployed a release before writers: an entry that claims to be further
# ahead than this comes from no deployment of ours.
VERSIONS_AHEAD = 16

_LISTS = frozenset({list})
VERSION_TEXT = str(SCHEMA_VERSION)
_VERSION = VERSION_TEXT.encode()

SEQ = re.compile(r"[0-9]{1,13}-[0-9]{1,7}")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IDENTITY = re.compile(f"{UUID_TEXT.pattern} {SEQ.pattern}")  # both at once, since nearly all are sound


class NewerVersion(Exception):
    """The entry was written by a newer release than this reader; it is left for a newer reader."""


NAMES = ("id", "seq", "v", "at", "trace", "hops", "d")
"""Of an entry's fields, in their order."""

Values: TypeAlias = list[bytes]
"""Of an entry's fields, in the order of NAMES."""

_BREAKS_IN_HEAD = NAMES.index("hops") - 1
_FIELDS = tuple(name.encode() for name in NAMES)


class Envelope(Struct, frozen=True, gc=False):
    """`id` and `seq` as in CommentRecord, `at` ISO 8601, `trace` a W3C traceparent, `hops` and `data` JSON. `record` is
    what `data` says, where this very process wrote it; `head` what head_of makes of the first four, where it is known,
    since they stay the same on the whole way."""

    id: str
    seq: str
    at: str
    trace: str
    hops: bytes
    data: bytes
    record: Record | None = None
    head: bytes = b""

    def fields(self) -> tuple[str | bytes, ...]:
        """Names and values in turn, as an entry's fields."""
        return (
            "id", self.id, "seq", self.seq, "v", VERSION_TEXT, "at", self.at,
            "trace", self.trace, "hops", self.hops, "d", self.data,
        )  # fmt: skip

    def values(self) -> Values:
        """As they lie in an entry."""
        head = (self.id, self.seq, VERSION_TEXT, self.at, self.trace)
        return [*(text.encode() for text in head), self.hops, self.data]

    def onward(self, hops: bytes, data: bytes) -> Envelope:
        """The envelope that carries `data` on, after these hops."""
        return Envelope(self.id, self.seq, self.at, self.trace, hops, data, None, self.head)


def read_envelope(content: Mapping[bytes, bytes] | Values) -> Envelope:
    """The envelope in an entry's fields.

    Raises UnreadableRecord where a field is missing or no text, NewerVersion where a newer release wrote it.
    """
    values = content if isinstance(content, list) else _values(content)
    raw_id, raw_seq, version, raw_at, raw_trace, hops, data = values
    if version != _VERSION:
        _check_version(version)
    try:
        comment_id, seq = raw_id.decode(), raw_seq.decode()
        if not _IDENTITY.fullmatch(f"{comment_id} {seq}"):
            _checked(UUID_TEXT, comment_id, "id")
            _checked(SEQ, seq, "seq")
        return Envelope(comment_id, seq, raw_at.decode(), raw_trace.decode(), _checked_hops(hops), data)
    except UnicodeDecodeError as error:
        raise UnreadableRecord(f"a field of the entry is not UTF-8 text: {error}") from error


def head_of(comment_id: str, seq: str, at: str, trace: str) -> bytes:
    """The values before `hops`, with the version, line by line; b"" where a line would break."""
    head = f"{comment_id}\n{seq}\n{VERSION_TEXT}\n{at}\n{trace}"
    return head.encode() if head.count("\n") == _BREAKS_IN_HEAD else b""


def by_name(content: Mapping[bytes, bytes] | Values) -> Mapping[bytes, bytes]:
    """The fields of an entry that is given by them, or by an envelope's values."""
    return dict(zip(_FIELDS, content, strict=True)) if isinstance(content, list) else content


def _values(fields: Mapping[bytes, bytes]) -> Values:
    _check_version(fields.get(b"v", b""))
    try:
        return [fields[name] for name in _FIELDS]
    except KeyError as error:
        raise UnreadableRecord(f"the entry has no field {error.args[0].decode()!r}") from error


def hop(stage: str, received_ms: int, done_ms: int, note: Note) -> bytes:
    """One hop as it stands in `hops`: stage, received and done (epoch milliseconds), and the stage's facts."""
    return _bare_hop(stage, received_ms, done_ms) if not note else _hop(stage, received_ms, done_ms, note)


def with_hop(hops: bytes, step: bytes) -> bytes:
    """`hops`, a JSON list, with one more step, as JSON too."""
    if hops.endswith(b"]]"):  # as it is written here
        return b"%b,%b]" % (hops[:-1], step)
    before = hops.strip()[1:-1].strip()
    return b"[%b%b%b]" % (before, b"," if before else b"", step)


def _hop(stage: str, received_ms: int, done_ms: int, note: Note) -> bytes:
    return orjson.dumps([stage, received_ms, done_ms, dict(note)])


@lru_cache(maxsize=256)  # the entries of a batch have it in common
def _bare_hop(stage: str, received_ms: int, done_ms: int) -> bytes:
    return _hop(stage, received_ms, done_ms, {})


def traceparent(comment_id: str) -> str:
    """A W3C traceparent whose trace id is the comment's, so that logs and streams meet without a look-up."""
    digits = comment_id.replace("-", "")
    return f"00-{digits}-{digits[:16]}-01"


def _checked(pattern: re.Pattern[str], text: str, name: str) -> None:
    if not pattern.fullmatch(text):
        raise UnreadableRecord(f"the entry's {name} is none: {text[:40]!r}")


def _check_version(raw: bytes) -> None:
    if raw == _VERSION:
        return
    if not (raw.isdigit() and len(raw) <= 4 and 1 <= int(raw) <= SCHEMA_VERSION + VERSIONS_AHEAD):
        raise UnreadableRecord(f"the entry has no sensible schema version: {raw[:20]!r}")
    if int(raw) > SCHEMA_VERSION:
        raise NewerVersion(
            f"schema version {int(raw)} is newer than {SCHEMA_VERSION}, which this release reads"
        )


def _checked_hops(hops: bytes) -> bytes:
    try:
        steps = orjson.loads(hops)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord(f"the entry's hops are not JSON: {error}") from error
    if not isinstance(steps, list) or not _LISTS.issuperset(map(type, steps)):
        raise UnreadableRecord("the entry's hops are not a list of lists")
    return hops
