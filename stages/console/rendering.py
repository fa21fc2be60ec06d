"""Turns views into HTML."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stages.console.panels import Panel

_CLOCK = Markup('<time datetime="{}Z">{}</time>')


class Renderer:
    """The templates; whatever a value holds is escaped."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("stages.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            enable_async=False,
        )
        self._environment.filters |= {"clock": clock, "segment": segment}
        self._environment.globals |= {"asset": asset}

    def page(self, template: str, **values: Any) -> str:
        """A template by its name, e.g. "login"."""
        return self._environment.get_template(f"{template}.html").render(**values)

    def fragment(self, template: str, **values: Any) -> Markup:
        """A template whose HTML goes into another one as it is."""
        return Markup(self.page(template, **values))  # nosec B704 # noqa: S704 - the templates escape

    def panel(self, panel: Panel, view: object, streamer: str) -> Markup:
        """What stands in the panel's element."""
        return self.fragment(f"panels/{panel.name}", view=view, streamer=streamer)


def clock(moment: datetime | None) -> Markup | str:
    """A time of day, in UTC until the browser puts it into its own zone; "–" for None."""
    if moment is None:
        return "–"
    moment = moment.astimezone(UTC)
    exact = moment.isoformat(timespec="milliseconds").removesuffix("+00:00")
    return _CLOCK.format(exact, moment.strftime("%H:%M:%S"))


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


@cache
def asset(name: str) -> str:
    """The address of a file below static/, which changes with its content."""
    content = (files("stages.console") / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"
