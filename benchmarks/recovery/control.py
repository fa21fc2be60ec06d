"""How the benchmark tells a process where to die: one armed point at a time, in a folder that both sides see.

Files, not Redis or Postgres: those die too.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

FOLDER_VARIABLE = "RECOVERY_CONTROL"


@dataclass(slots=True)
class Director:
    """The benchmark's side."""

    folder: Path
    _serial: int = field(default=0, init=False)

    def arm(self, point: str, passage: int) -> None:
        """Whichever process is the first to pass `point` for the `passage`-th time (counted from now on, each process
        for itself) kills itself there."""
        self._serial += 1
        draft = self.folder / "draft"
        draft.write_text(f"{self._serial}\n{passage}\n{point}")
        draft.replace(self.folder / "armed")  # in one step: nobody reads half of it

    def disarm(self) -> bool:
        """Whether the point was still armed; nobody dies there any more."""
        try:
            (self.folder / "armed").unlink()
        except FileNotFoundError:
            return False
        return True

    def has_fired(self) -> bool:
        """Whether somebody died at the point armed last."""
        return any((self.folder / f"{state}.{self._serial}").exists() for state in ("fired", "buried"))

    def buries(self, name: str) -> bool:
        """Whether the process of this name died at a point; true once for each such death."""
        for fired in self.folder.glob("fired.*"):
            if fired.read_text() == name:
                fired.rename(fired.with_name(fired.name.replace("fired", "buried")))
                return True
        return False


@dataclass(slots=True)
class Victim:
    """A process' side; `name` tells the benchmark who died."""

    folder: Path
    name: str
    _serial: str = field(default="", init=False)
    _passages: int = field(default=0, init=False)

    def passes(self, point: str) -> None:
        """Never returns where the point is armed and this is the passage."""
        try:
            serial, wanted, armed = (self.folder / "armed").read_text().split("\n")
        except FileNotFoundError:
            return
        if armed != point:
            return
        if serial != self._serial:
            self._serial, self._passages = serial, 0
        self._passages += 1
        if self._passages >= int(wanted) and self._claims(serial):
            os.kill(os.getpid(), signal.SIGKILL)

    def _claims(self, serial: str) -> bool:
        mine = self.folder / f"dying.{serial}.{self.name}"
        try:
            (self.folder / "armed").rename(mine)
        except FileNotFoundError:  # another process was faster, or the point was disarmed
            return False
        mine.write_text(self.name)
        mine.rename(self.folder / f"fired.{serial}")
        return True
