"""A file with a past show's comments is read, and played at its pace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.testing import VirtualClock
from stages.connectors.file.recording import Recording, UnreadableRecording, read_recording
from stages.connectors.file.source import FileSource, needs_start
from stages.connectors.incoming import Incoming
from stages.connectors.source import Checkpoint, Connected, Event, Ignored

BEGAN = datetime(2026, 1, 2, 20, 0, tzinfo=UTC)
SHOW = """\
{"at": 1.5, "client": "ana", "client_id": "7", "message": "mine!", "message_id": "m1", "platform": "youtube"}
{"at": 3.5, "client": "ben", "message": "sold"}

{"at": 3.5, "kind": "gift", "client": "cy"}
{"at": 2.5, "kind": "retract", "message_id": "m1", "client": "ana"}
{"at": 5.5, "kind": "pin"}
"""


def recorded(
    folder: Path, text: str, *, name: str = "show.ndjson", streamer: str | None = "maya"
) -> Recording:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return read_recording(file, streamer)


class Player:
    """Plays a recording in no time, and keeps when each event came."""

    def __init__(self, recording: Recording, *, start: datetime | None = BEGAN, speed: float = 1.0) -> None:
        self.clock, self.advanced = VirtualClock(), 0
        self.source = FileSource(
            recording, start, speed=speed, advance=self.advance, clock=self.clock, sleep=self.sleep
        )

    def advance(self, lines: int) -> None:
        self.advanced += lines

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def play(self, since: Checkpoint | None = None) -> list[tuple[float, Event]]:
        begun = self.clock()
        return [(round(self.clock() - begun, 3), event) async for event in self.source.events(since)]


async def test_it_is_played_at_its_own_pace_and_keeps_its_times(tmp_path: Path) -> None:
    player = Player(recorded(tmp_path, SHOW))
    played = [(at, event) for at, event in await player.play() if not isinstance(event, Checkpoint)]
    assert [at for at, _ in played] == [0, 0, 2, 2, 2, 4]
    assert played[1][1] == Incoming(
        streamer="maya", platform="youtube", message_id="m1", client="ana", client_id="7", message="mine!",
        timestamp=BEGAN,
    )  # fmt: skip
    assert [(event.kind, event.timestamp - BEGAN) for _, event in played if isinstance(event, Incoming)] == [
        ("comment", timedelta()),
        ("comment", timedelta(seconds=2)),
        ("retract", timedelta(seconds=1)),
        ("pin", timedelta(seconds=4)),
    ]
    assert (played[0][1], played[3][1]) == (Connected(), Ignored("gift"))
    assert player.advanced == 5


async def test_it_may_be_played_faster_or_without_any_pause(tmp_path: Path) -> None:
    recording = recorded(tmp_path, SHOW)
    assert (await Player(recording, speed=4).play())[-1][0] == 1
    assert (await Player(recording, speed=float("inf")).play())[-1][0] == 0


async def test_it_goes_on_after_a_checkpoint_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    recording = recorded(tmp_path, SHOW)
    whole = [event for _, event in await Player(recording).play()]
    third = [event for event in whole if isinstance(event, Checkpoint)][2]
    later = Player(recording, start=BEGAN + timedelta(hours=3))
    rest = [event for _, event in await later.play(third)]
    assert rest == [Connected(), *whole[whole.index(third) + 1 :]]
    assert later.advanced == 5


async def test_a_checkpoint_of_another_file_does_not_count(tmp_path: Path) -> None:
    other = await Player(recorded(tmp_path, SHOW + "\n")).play()
    last = other[-1][1]
    assert isinstance(last, Checkpoint)
    recording = recorded(tmp_path, SHOW)
    assert len(await Player(recording).play(last)) == len(await Player(recording).play())


async def test_comments_with_times_of_their_own_keep_them(tmp_path: Path) -> None:
    csv = "timestamp;client;message\n2026-01-02T20:00:00;ana;mine\n2026-01-02T21:00:09+01:00;ben;me; too\n"
    recording = recorded(tmp_path, csv.replace("me; too", '"me; too"'), name="show.csv")
    assert not needs_start(recording)
    played = await Player(recording, start=None).play()
    assert [(event.message, event.timestamp) for _, event in played if isinstance(event, Incoming)] == [
        ("mine", BEGAN),
        ("me; too", BEGAN + timedelta(seconds=9)),
    ]


async def test_comments_without_ids_have_the_same_ones_whenever_the_file_is_played(tmp_path: Path) -> None:
    ids = [[line.message_id for line in recorded(tmp_path, SHOW + ending).lines] for ending in ("", "", "\n")]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == 4  # one is the comment that another takes back


def test_only_one_streamers_comments_are_played(tmp_path: Path) -> None:
    text = "".join(
        f'{{"at": {at}, "streamer": "{who}", "client": "ana", "message": "hi"}}\n'
        for at, who in enumerate(["maya", "kenji", "maya"])
    )
    recording = recorded(tmp_path, text)
    assert (len(recording.lines), recording.left_out) == (2, 1)
    with pytest.raises(UnreadableRecording, match="by --streamer: it names kenji, maya"):
        recorded(tmp_path, text, streamer=None)
    with pytest.raises(UnreadableRecording, match="no comment under 'lou'"):
        recorded(tmp_path, text, streamer="lou")
    assert recorded(tmp_path, text.replace("kenji", "maya"), streamer=None).streamer == "maya"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "this is not JSON"),
        ("[]", "no JSON object"),
        ('{"client": "ana", "message": "hi"}', "needs a timestamp, or `at`"),
        ('{"at": 1, "client": "ana"}', "needs a client and a message"),
        ('{"at": 1, "message": "hi"}', "needs a client and a message"),
        ('{"at": "noon", "client": "ana", "message": "hi"}', "at: "),
        ('{"at": 1, "client": "ana", "message": ""}', "message: "),
        ('{"at": 1, "client": "ana", "message": "' + "x" * 2001 + '"}', "message: "),
        ('{"timestamp": "1970-01-01", "client": "ana", "message": "hi"}', "timestamp: "),
    ],
)
def test_a_line_that_is_no_comment_is_named(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(UnreadableRecording) as unreadable:
        recorded(tmp_path, '{"at": 0, "client": "ana", "message": "hi"}\n' + line)
    assert "line 2: " in str(unreadable.value)
    assert words in str(unreadable.value)


def test_a_file_that_is_not_there_or_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match="can't be read"):
        read_recording(tmp_path / "nothing.csv", "maya")
    with pytest.raises(UnreadableRecording, match="first line must name the columns"):
        recorded(tmp_path, "", name="show.csv")
    with pytest.raises(UnreadableRecording, match="no comment"):
        recorded(tmp_path, "")
