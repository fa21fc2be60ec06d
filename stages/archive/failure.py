"""Why the archive can't be read or written."""

from __future__ import annotations

from stages.mendable import Mendable


class ArchiveAway(Mendable):
    """The object store did not answer in time, or failed: trying again may help."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"The archive can't be reached ({what}): {why.rstrip('.')}. See ARCHIVE_URL.")


class NotInArchive(Mendable):
    """There is no such object."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The archive has no {path}, and should. Bring it back from the bucket's older versions or a copy."
        )


class DamagedArchive(Mendable):
    """A file of the archive does not hold what its manifest says."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(
            f"{path} in the archive is damaged: {why}. Bring it back from the bucket's older versions or a copy; "
            "`tiktoksales audit` shows what else is."
        )


class ForeignArchive(Mendable):
    """The archive holds something else under ids of ours."""

    def __init__(self, seq: str) -> None:
        super().__init__(
            f"The archive holds another entry under the id {seq}: it belongs to another shop, or to an earlier life of "
            "this one's Redis. Nothing is trimmed until ARCHIVE_URL leads to a place of this shop's own."
        )


class NoArchive(Mendable):
    """Comments were archived, and it is not said where."""

    def __init__(self) -> None:
        super().__init__("ARCHIVE_URL is not set, and comments were archived: say where they lie.")


class UnusableArchive(Mendable):
    """ARCHIVE_URL leads to no object store."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"ARCHIVE_URL {url!r} can't be used ({why.rstrip('.')}): write file:///folder, s3://bucket/prefix, gs://, "
            "az:// or http(s)://host/path."
        )
