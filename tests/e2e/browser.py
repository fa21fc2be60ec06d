"""A browser without a window, as a person at the console has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000  # only a failing test ever waits so long


def installed() -> str | None:
    """Where a Chromium is installed on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A Chromium that runs until the end of the block."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not work for root.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=installed(), args=options)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Window:
    """A page, and what the browser complained of meanwhile."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the browser says when it refuses something."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[Window]:
    """A window of somebody who was never here before; `options` are those of a browser context."""
    context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    opened = Window(page)
    page.on("console", lambda message: opened.heard(message))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    try:
        yield opened
    finally:
        await context.close()
