"""The names of everything in Redis."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.stage import PUBLIC_STREAM


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under an optional prefix. The braces are the Redis Cluster hash tag: all keys of one partition share a
    slot, so one script may touch them. What a stage at the door keeps (partition None: the public stream has none) lies
    in the public stream's slot."""

    prefix: str = ""

    @property
    def comments(self) -> str:
        """The public stream, which has no partitions."""
        return f"{self.prefix}{PUBLIC_STREAM}"

    def stream(self, name: str, partition: int) -> str:
        """Stream of a stage, or the events or dead letters, of one partition."""
        return self.comments if name == PUBLIC_STREAM else f"{self.prefix}{name}:{{{partition}}}"

    def retry(self, stage: str, partition: int | None) -> str:
        """Sorted set: entry id -> when its retry is due (epoch milliseconds)."""
        return f"{self.prefix}retry:{stage}:{self._tag(partition)}"

    def attempts(self, stage: str, partition: int | None) -> str:
        """Hash: entry id -> failures so far and time of the first one."""
        return f"{self.prefix}attempts:{stage}:{self._tag(partition)}"

    def cursor(self, stage: str, partition: int | None) -> str:
        """String: where the reclaimer goes on."""
        return f"{self.prefix}cursor:{stage}:{self._tag(partition)}"

    def fence(self, stage: str, partition: int | None, consumer: str = "") -> str:
        """String: which process may write as `consumer` of the stage; without one, which is the stage's only one."""
        owner = f"{stage}:{consumer}" if consumer else stage
        return f"{self.prefix}fence:{owner}:{self._tag(partition)}"

    def checkpoint(self, stage: str, partition: int | None) -> str:
        """String: the id after which the stage's group begins where it has to be made again."""
        return f"{self.prefix}checkpoint:{stage}:{self._tag(partition)}"

    def loss(self, stage: str) -> str:
        """String: the last loss in the public stream that was reported to the stage."""
        return f"{self.prefix}loss:{stage}:{self._tag(None)}"

    @property
    def tombstones(self) -> str:
        """Stream: the tombstones of public entries that no script could write to the dead letters, which lie in another
        slot; the trimmer carries them there."""
        return f"{self.prefix}tombstones:{self._tag(None)}"

    def unfinished(self, partition: int) -> str:
        """Sorted set: the seqs of the comments on their way to the exclusive stage."""
        return f"{self.prefix}unfinished:{{{partition}}}"

    def once(self, record_id: str, partition: int) -> str:
        """Mark: this record was appended."""
        return f"{self.prefix}once:{record_id}:{{{partition}}}"

    @property
    def offered(self) -> tuple[str, str]:
        """Hash: name of an offer -> the public entry that it has become; the young and the old generation of it. They
        lie in the stream's slot, as do the next ones."""
        return self._generations("offered")

    @property
    def spoken(self) -> tuple[str, str]:
        """Hash: who speaks at the doors -> when; likewise."""
        return self._generations("spoken")

    def came(self, key_id: str) -> str:
        """String: how much came by a key."""
        return f"{self.prefix}came:{{{self.comments}}}:{key_id}"

    def pushed(self, whose: str) -> str:
        """Sorted set: what a connector has pushed -> when (epoch seconds). It shares a slot with `read_up_to`."""
        return f"{self.prefix}pushed:{{{whose}}}"

    def read_up_to(self, whose: str) -> str:
        """String: how far a connector has read."""
        return f"{self.prefix}read_up_to:{{{whose}}}"

    @property
    def archived(self) -> str:
        """String: the id below which the public stream is archived and verified. It lies in the stream's slot."""
        return f"{self.prefix}archived:{{{self.comments}}}"

    @property
    def archiving(self) -> str:
        """String: who changes the archive now. It lies in the public stream's slot."""
        return f"{self.prefix}archiving:{{{self.comments}}}"

    @property
    def sayings(self) -> tuple[str, str]:
        """Hash: drawer -> who has said what in the public stream, and when; likewise."""
        return self._generations("said")

    def _generations(self, name: str) -> tuple[str, str]:
        return (
            f"{self.prefix}{name}:{{{self.comments}}}:young",
            f"{self.prefix}{name}:{{{self.comments}}}:old",
        )

    def analytics(self, partition: int) -> str:
        """String: what the shows of the partition do just now, as `run analytics` has counted it."""
        return f"{self.prefix}analytics:{{{partition}}}"

    def _tag(self, partition: int | None) -> str:
        return f"{{{self.comments if partition is None else partition}}}"
