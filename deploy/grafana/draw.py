"""Writes the dashboards that Grafana is provisioned with: `python deploy/grafana/draw.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FOLDER = Path(__file__).parent / "dashboards"
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
_FULL, _HALF, _FOURTH = 24, 12, 6  # of 24 columns


@dataclass(frozen=True, slots=True)
class Graph:
    """A panel with a line for each series of `query`, named by `legend`."""

    title: str
    query: str
    legend: str
    unit: str = "short"
    meaning: str = ""
    span: int = _HALF

    def panel(self) -> Timeseries:
        """As Grafana draws it."""
        legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
        target = Dataquery().expr(self.query).legend_format(self.legend).ref_id("A")
        panel = (
            Timeseries().title(self.title).description(self.meaning).unit(self.unit).datasource(PROMETHEUS)
        )
        return panel.min(0).legend(legend).fill_opacity(8).span(self.span).height(8).with_target(target)


@dataclass(frozen=True, slots=True)
class Figure:
    """A panel with the last value of each series of `query`."""

    title: str
    query: str
    legend: str = ""
    unit: str = "short"
    meaning: str = ""
    span: int = _FOURTH

    def panel(self) -> Stat:
        """As Grafana draws it."""
        target = Dataquery().expr(self.query).legend_format(self.legend).instant().ref_id("A")
        panel = Stat().title(self.title).description(self.meaning).unit(self.unit).datasource(PROMETHEUS)
        last = ReduceDataOptions().calcs(["lastNotNull"])
        return panel.reduce_options(last).span(self.span).height(5).with_target(target)


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard: rows of panels, each under a heading."""

    uid: str
    title: str
    rows: Sequence[tuple[str, Sequence[Graph | Figure]]]

    def as_json(self) -> str:
        """As Grafana reads it."""
        board = Dashboard(self.title).uid(self.uid).tags(["tiktoksales"]).refresh("10s").time("now-1h", "now")
        for heading, panels in self.rows:
            board = board.with_row(Row(heading))
            for panel in panels:
                board = board.with_panel(panel.panel())
        return json.dumps(board.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _told_by_any(gauge: str, part: str = "partition") -> str:
    """The sum over all parts of a stage; several watchers may tell the same of each."""
    return f"sum by (stage) (max by (stage, {part}) (tiktoksales_{gauge}))"


EVENING = Board(
    "tiktoksales-evening",
    "TikTokSales: the evening",
    (
        (
            "Today",
            (
                Figure("Orders", "max by (status) (tiktoksales_orders_today)", "{{status}}", span=_HALF),
                Figure("Revenue", "max by (currency) (tiktoksales_revenue_today)", "{{currency}}",
                       meaning="Paid and not given back, since midnight UTC."),
                Figure("Commission", "max by (currency) (tiktoksales_commission_today)", "{{currency}}",
                       meaning="What streamers earn by it."),
            ),
        ),
        (
            "From comment to order",
            (
                Graph("Comments", 'sum(rate(tiktoksales_received_total{stage="ingest"}[5m]))', "a second", "cps"),
                Graph("Posted", "sum by (answer) (rate(tiktoksales_gateway_comments_total[5m]))", "{{answer}}", "cps",
                      "At the gateway, by its answer."),
                Graph("What goes on", "tiktoksales:conversion:rate5m", "{{stage}}", "percentunit",
                      "Of what a stage has ended, the share that went on: bought, matched, ordered, charged."),
                Graph("Why it ended", 'topk(10, sum by (stage, reason) (rate(tiktoksales_dropped_total[5m])))',
                      "{{stage}}: {{reason}}", "cps"),
                Graph("Comment to order", "tiktoksales:comment_to_order_seconds:p99_5m", "99 of 100 within", "s"),
            ),
        ),
    ),
)  # fmt: skip

STAGES = Board(
    "tiktoksales-stages",
    "TikTokSales: the stages",
    (
        (
            "Waiting",
            (
                Graph("Backlog", _told_by_any("backlog"), "{{stage}}",
                      meaning="What a free worker could take now: unread entries, and retries that are due."),
                Graph("Oldest unfinished", "max by (stage) (tiktoksales_oldest_unfinished_age_seconds)",
                      "{{stage}}", "s"),
                Graph("In flight", "sum by (stage) (tiktoksales_in_flight)", "{{stage}}"),
                Graph("Waiting for a retry", _told_by_any("retries_waiting"), "{{stage}}"),
                Graph("Length of the streams", _told_by_any("stream_length"), "{{stage}}"),
                Graph("Lag is known", "min by (stage) (tiktoksales_stream_lag_known)", "{{stage}}",
                      meaning="0: the server can't tell how many entries are unread, and they are counted."),
            ),
        ),
        (
            "Work",
            (
                Graph("Received", "tiktoksales:received:rate5m", "{{stage}}", "cps"),
                Graph("Failed", "tiktoksales:failed:rate5m", "{{stage}}", "cps"),
                Graph("In the queue", "tiktoksales:queue_seconds:p99_5m", "{{stage}}", "s", "99 of 100 within."),
                Graph("In the stage", "tiktoksales:stage_seconds:p99_5m", "{{stage}}", "s", "99 of 100 within."),
                Graph("The handler's calls",
                      "sum by (stage) (rate(tiktoksales_handler_seconds_sum[5m])) / "
                      "sum by (stage) (rate(tiktoksales_handler_seconds_count[5m]))", "{{stage}}", "s", "On average."),
            ),
        ),
        (
            "Providers",
            (
                Graph("Requests", "sum by (provider, outcome) (rate(tiktoksales_provider_seconds_count[5m]))",
                      "{{provider}}: {{outcome}}", "cps"),
                Graph("Errors", "sum by (provider, class) (rate(tiktoksales_provider_errors_total[5m]))",
                      "{{provider}}: {{class}}", "cps", "What was not done; a declined card is one, too."),
                Graph("Seconds", "tiktoksales:provider_seconds:p99_5m", "{{provider}}", "s", "99 of 100 within."),
                Graph("Failures", "tiktoksales:provider_failures:rate5m", "{{provider}}", "cps",
                      "Errors that lie with the provider, or on the way to it."),
            ),
        ),
        (
            "Trouble",
            (
                Graph("Dead letters", _told_by_any("dead_letters_waiting", "error"), "{{stage}}"),
                Graph("Entries lost", "sum by (stage) (tiktoksales_entries_lost_total)", "{{stage}}",
                      meaning="Removed by somebody else before they were finished."),
                Graph("Settles fenced", "sum by (stage) (tiktoksales_settles_fenced_total)", "{{stage}}",
                      meaning="Outcomes not written, since another process owned the entry by then."),
                Graph("Redis' memory", "max(tiktoksales_redis_memory_used_bytes)", "used", "bytes"),
            ),
        ),
    ),
)  # fmt: skip


def queries(board: dict[str, Any]) -> Iterator[str]:
    """The queries of a dashboard's panels, as Grafana reads it."""
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
        yield from queries(panel) if panel.get("panels") else ()


def write(folder: Path) -> None:
    """Write each dashboard into a file of its uid."""
    folder.mkdir(exist_ok=True)
    for board in (EVENING, STAGES):
        (folder / f"{board.uid}.json").write_text(board.as_json(), encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
