"""Makes the moving picture of the demo in a terminal: `python -m tests.e2e.terminal [FILE]`.

Runs `tiktoksales demo` on a terminal of its own, keeps what it shows, and lets a browser draw it: on a machine that
does nothing else, and with a font that has emoji (fonts-noto-color-emoji).
"""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tests.e2e.browser import browsing, window

FILE = Path("docs/screenshots/terminal.gif")
COMMAND = "tiktoksales demo"
COLUMNS, ROWS = 100, 26
EVERY_SECONDS, LAST_SECONDS = 1.5, 6.0
MOST_BYTES = 1_500_000
JUDGED = "feedback"  # what the first comments of the show are soon taken for
_COLOURS = 96
_CODE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
_WIDE = '<span style="display:inline-block;width:2ch;line-height:1">{}</span>'  # two cells, as in a terminal
_PAGE = """<body style="margin:0;background:{background};color:{foreground}">
<pre style="margin:0;padding:16px;font:14px/1.3 'DejaVu Sans Mono',monospace">{code}</pre></body>"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood on the screen, with its colours as ANSI codes, from a second of the run on."""

    second: float
    lines: tuple[str, ...]


class Screen:
    """What rich's live display needs of a terminal: lines, going up, clearing a line."""

    def __init__(self, first: str) -> None:
        self._lines, self._row = [first, ""], 1

    def write(self, text: str) -> None:
        """Show what a program has written."""
        at = 0
        for code in _CODE.finditer(text):
            self._put(text[at : code.start()])
            self._obey(code)
            at = code.end()
        self._put(text[at:])

    def lines(self) -> tuple[str, ...]:
        """The last lines, as many as fit."""
        return tuple(self._lines[-ROWS:])

    def _put(self, text: str) -> None:
        first, *more = text.replace("\r", "").split("\n")
        self._lines[self._row] += first
        for line in more:
            self._row += 1
            self._lines[self._row : self._row + 1] = [line]

    def _obey(self, code: re.Match[str]) -> None:
        number, letter = code.groups()
        if letter == "m":
            self._lines[self._row] += code[0]
        elif letter == "A":
            self._row = max(0, self._row - int(number or 1))
        elif letter == "K":
            self._lines[self._row] = ""


def record() -> list[Frame]:
    """Run the demo to its end. Raises CalledProcessError where it fails."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "stages", "demo"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"}
    start = time.monotonic()
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as demo:
        os.close(theirs)
        screen = Screen(f"\x1b[1;32m$\x1b[0m {COMMAND}")
        frames = []
        for text in _written(ours):
            screen.write(text)
            frames.append(Frame(time.monotonic() - start, screen.lines()))
    os.close(ours)
    if demo.returncode:
        raise subprocess.CalledProcessError(demo.returncode, command, "\n".join(frames[-1].lines))
    return frames


def _written(terminal: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # its last program has ended
            return
        if not read:
            return
        yield decoder.decode(read)


def chosen(frames: list[Frame]) -> list[Frame]:
    """A frame every so often, from the first comments on, and the last one: what stood there at that second."""
    begun = next(i for i, frame in enumerate(frames) if any(JUDGED in line for line in frame.lines))
    frames = frames[begun:]
    ends = [frames[0]]
    for before, after in pairwise(frames):
        if after.second - ends[-1].second >= EVERY_SECONDS and before.lines != ends[-1].lines:
            ends.append(before)
    return [*ends, frames[-1]]


def as_page(frame: Frame) -> str:
    """HTML of a frame, by rich."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    padded = (*frame.lines, *[""] * (ROWS - len(frame.lines)))
    console.print(Text.from_ansi("\n".join(padded)), soft_wrap=True)
    page = console.export_html(theme=DIMMED_MONOKAI, inline_styles=True, code_format=_PAGE)
    return "".join(_WIDE.format(each) if cell_len(each) > 1 else each for each in page)


async def draw(frames: list[Frame]) -> list[Image.Image]:
    """Their pictures."""
    pictures = []
    async with browsing() as browser, window(browser, viewport={"width": 880, "height": 510}) as opened:
        for frame in frames:
            await opened.page.set_content(as_page(frame))
            pictures.append(Image.open(io.BytesIO(await opened.page.screenshot())).convert("RGB"))
    return pictures


def save(pictures: list[Image.Image], file: Path) -> None:
    """One moving picture with colours in common. Raises ValueError where it is too large for a README."""
    width, height = pictures[0].size
    strip = Image.new("RGB", (width, height * len(pictures)))
    for number, picture in enumerate(pictures):
        strip.paste(picture, (0, height * number))
    palette = strip.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
    first, *others = (each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures)
    times = [int(EVERY_SECONDS * 1000 / 2)] * len(others) + [int(LAST_SECONDS * 1000)]
    first.save(file, save_all=True, append_images=others, duration=times, loop=0, optimize=True)
    if file.stat().st_size > MOST_BYTES:
        raise ValueError(f"{file} has {file.stat().st_size:,} bytes; {MOST_BYTES:,} is the most.")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    save(asyncio.run(draw(chosen(record()))), target)
