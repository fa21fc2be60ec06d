"""What a stretch of the archive holds, in words that can be checked."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.entry_id import EntryId, parse_id
from schemas.codec import in_words
from stages.archive.failure import DamagedArchive

_Id = Annotated[str, Field(pattern=r"^\d{1,20}-\d{1,20}$")]


class ArchivedFile(BaseModel):
    """One file: `streamer` is None for what is filed under nobody, `sha256` is over the entries (see entry.digest),
    `forgotten` counts those whose viewer was forgotten."""

    model_config = ConfigDict(frozen=True)

    path: str
    streamer: str | None
    count: int
    forgotten: int = 0
    sha256: str


class Manifest(BaseModel):
    """All files of a stretch of the stream, from id `first` to id `last`, all of one day."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    first: _Id
    last: _Id
    count: int
    files: tuple[ArchivedFile, ...]

    @property
    def reach(self) -> tuple[EntryId, EntryId]:
        """The first and the last id, so that they sort."""
        return parse_id(self.first), parse_id(self.last)


def read_manifest(path: str, data: bytes) -> Manifest:
    """The manifest in these bytes. Raises DamagedArchive."""
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise DamagedArchive(path, f"it is no manifest: {in_words(error)}") from error
    if manifest.count != sum(file.count for file in manifest.files):
        raise DamagedArchive(path, "its counts don't add up")
    return manifest
