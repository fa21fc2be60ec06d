"""The progress bar."""

from __future__ import annotations

import threading

import pytest

from stages.replay.progress import shown


class UnderWay:
    """Half read, and 3 of 8 finished; `seen` is set once somebody has looked."""

    share_read, begun = 0.5, 8

    def __init__(self) -> None:
        self.seen = threading.Event()

    @property
    def done(self) -> int:
        self.seen.set()
        return 3


def test_there_is_no_bar_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    with shown(UnderWay()):
        pass
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    under_way = UnderWay()
    with shown(under_way):
        assert under_way.seen.wait(30)
    out, err = capsys.readouterr()
    assert out == ""
    assert "finished" in err
