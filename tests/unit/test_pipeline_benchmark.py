"""The figures of benchmarks.pipeline, and what it sends."""

import random
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks.pipeline.crowd import SHOW_SECONDS, Crowd
from benchmarks.pipeline.ours import Drained, Paced
from benchmarks.pipeline.report import Found
from benchmarks.pipeline.times import Journey, journeys, percentile, stage_percentiles
from stages.demo.show import load_show

SHOW = load_show(Path(__file__).parents[2] / "deploy" / "demo")


def test_a_percentile_is_the_smallest_value_that_so_large_a_share_does_not_exceed() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50, 99)
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.99) is None


def test_a_stage_takes_from_the_end_of_the_one_before_to_its_own() -> None:
    way = Journey(990.0, 1000, [["ingest", 1003, 1010, {}], ["intent", 1015, 1040, {"intent": "buy"}]])
    assert list(way.stages_ms()) == [("queue", 3), ("ingest", 10), ("intent", 30)]
    assert stage_percentiles([way], 0.99) == {"queue": 3, "ingest": 10, "intent": 30}


def test_a_cancellation_is_no_order() -> None:
    straight = Journey(990.0, 1000, [["intent", 1003, 1010, {}], ["order", 1015, 3040, {}]])
    assert dict(straight.stages_ms())["cancellation"] == 2030
    claim = Journey(990.0, 1000, [["vision", 1003, 1010, {}], ["order", 1015, 1040, {}]])
    assert dict(claim.stages_ms())["order"] == 30


def test_message_to_order_counts_from_the_message_and_only_where_there_is_an_order() -> None:
    hops = [
        ["ingest", 1000, 1001, {}],
        ["order", 1100, 1190, {"order": "ORD-1"}],
        ["payment", 1200, 1300, {}],
    ]
    assert Journey(990.0, 1000, hops).to_order_ms == 200
    assert Journey(990.0, 1000, [["order", 1100, 1190, {"product": "x"}]]).to_order_ms is None


def test_only_the_ways_of_what_was_sent_count() -> None:
    sent, other = uuid4(), UUID(int=1)
    ends = [(sent, "1000-0", [["ingest", 1001, 1002, {}]]), (other, "1000-1", [["ingest", 1001, 1002, {}]])]
    assert journeys({sent: 990.0}, ends) == [Journey(990.0, 1000, [["ingest", 1001, 1002, {}]])]


def test_a_fifth_of_the_crowd_buys_and_speaks_of_what_is_on_screen() -> None:
    crowd = Crowd(SHOW, 75, random.Random(3))
    buys = {(line.streamer, line.message): line.at for line in SHOW.comments if line.expect_sku}
    lines = list(crowd.lines([number / 100 for number in range(3000)]))
    bought = [line for line in lines if (line.streamer, line.message) in buys]
    assert len(bought) / len(lines) == pytest.approx(0.2, abs=0.03)
    assert len({line.message_id for line in lines}) == len(lines)
    assert {line.viewer.client[:5] for line in bought} == {"known", "viewe"}
    assert sum(bool(viewer.card) for viewer in crowd.known) == 64


def test_a_seed_draws_the_same_comments_and_their_time_is_that_of_the_show() -> None:
    drawn = [list(Crowd(SHOW, 5, random.Random(8)).lines([0.0, SHOW_SECONDS])) for _ in range(2)]
    assert drawn[0] == drawn[1]
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert drawn[0][1].fields(start)["timestamp"] == "2026-03-01T00:00:46+00:00"


def test_the_summary_names_ratios_and_what_took_longer_than_a_tenth_of_its_limit() -> None:
    hops = [["ingest", 1001, 1003, {}], ["vision", 1010, 1050, {}], ["order", 1060, 1150, {"order": "ORD-1"}]]
    found = Found(
        bare=[{"8": 1000.0, "32": 1200.0}],
        drained=[
            Drained(600.0, 70, {"judge": 1.204, "sandbox": 0.001}, {}),
            Drained(900.0, 70, {"judge": 1.2}, {}),
        ],
        seed_shape=[30.0, 30.0],
        seed_cpu_ms={"plain": 71.234},
        paced={50: Paced([4.0, 12.0], [Journey(1000.0, 1000, hops)])},
    )
    summary = found.summary()
    assert (summary["ours"], summary["vs_seed_shape"], summary["vs_bare_model"]) == (750, 25, 0.62)
    assert summary["p99_ms"] == {"50": 150}
    assert summary["tenths_missed"] == {"50": ["post", "order"]}
    assert summary["cpu_ms_per_comment"] == {"judge": 1.2}
    assert summary["vs_seed_shape_generous"] is None
    assert summary["seed_cpu_ms_per_comment"] == {"plain": 71.23}
