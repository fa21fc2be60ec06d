"""The panels of the page: the one list of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.settings import Engine
from stages.console.backstage import Backstage
from stages.console.views.analytics import analytics_view
from stages.console.views.comments import comments_view
from stages.console.views.dead_letters import dead_letters_view
from stages.console.views.figures import figures_view
from stages.console.views.health import health_view
from stages.console.views.orders import orders_view
from stages.console.views.products import products_view
from stages.console.views.reviews import reviews_view

View = Callable[[Backstage, str], Awaitable[object]]
"""Reads what a panel shows of a streamer: a frozen value that equals another exactly where the panel would look the
same. Raises DatabaseUnavailable, and what says that Redis is away (connection.REDIS_AWAY)."""

Place = Literal["top", "left", "middle", "right"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page: templates/panels/NAME.html renders the view as `view`, into the element `panel-NAME`. `place`
    is its column on a wide screen; `title` its name in the navigation; `engines` are those on which it has something to
    show."""

    name: str
    title: str
    view: View
    place: Place
    engines: tuple[Engine, ...] = ("redis", "kafka")


PANELS = (
    Panel("figures", "Figures", figures_view, "top"),
    Panel("comments", "Comments", comments_view, "left"),
    Panel("orders", "Orders", orders_view, "middle"),
    Panel("reviews", "To decide", reviews_view, "middle"),
    Panel("analytics", "Just now", analytics_view, "right", engines=("kafka",)),
    Panel("products", "Products", products_view, "right"),
    Panel("dead-letters", "Failed", dead_letters_view, "right"),
    Panel("health", "Stages", health_view, "right"),
)
"""In the order in which they are read."""


def panels_on(engine: Engine) -> dict[str, Panel]:
    """Those of a page on this engine, by name."""
    return {panel.name: panel for panel in PANELS if engine in panel.engines}
