"""`python -m benchmarks.gateway [--seconds N] [--rounds N] [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.gateway.peers import Peer, running_peers

_SCRIPT = Path(__file__).with_name("comments.lua")
_CONNECTIONS = 32
Told = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as one line of JSON; 0 where every comment was taken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each measurement takes")
    parser.add_argument(
        "--rounds", type=int, default=5, help="of gateway and echo, in turn; the median counts"
    )
    parser.add_argument("--connections", type=int, default=_CONNECTIONS, help="of wrk")
    parser.add_argument("--short", action="store_true", help="three rounds of three seconds")
    given = parser.parse_args(arguments)
    if given.short:
        given.seconds, given.rounds = 3.0, 3
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder, running_peers(Path(folder)) as peers:
        posted = _in_turn(peers, given.rounds, lambda peer, run: _post(peer, run, given))
        talked = _in_turn(peers, given.rounds, lambda peer, run: _talk(peer, run, given))
    print(json.dumps(_report(posted, talked)))
    refused = [told for rounds in (posted, talked) for told in rounds["gateway"] if told["others"]]
    return 1 if refused else 0


def _in_turn(
    peers: Sequence[Peer], rounds: int, measure: Callable[[Peer, str], Told]
) -> dict[str, list[Told]]:
    """Each peer's figures in each round; a first, short look at each warms it up."""
    found: dict[str, list[Told]] = {peer.name: [] for peer in peers}
    for number in range(rounds + 1):
        for peer in peers:
            told = measure(peer, f"r{number}")
            print(f"{peer.name}: {told}", file=sys.stderr, flush=True)
            if number:
                found[peer.name].append(told)
    return found


def _post(peer: Peer, run: str, given: argparse.Namespace) -> Told:
    return _said(
        "wrk",
        "--threads=1",
        f"--connections={given.connections}",
        f"--duration={max(1, round(given.seconds))}s",
        f"--script={_SCRIPT}",
        f"http://127.0.0.1:{peer.port}",
        "--",
        run,
        peer.key,
    )


def _talk(peer: Peer, run: str, given: argparse.Namespace) -> Told:
    options = ("--port", str(peer.port), "--run", run, "--key", peer.key, "--seconds", str(given.seconds))
    return _said(sys.executable, "-m", "benchmarks.gateway.chatter", *options)


def _said(*command: str) -> Told:
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    told: Told = json.loads(said.strip().splitlines()[-1])
    return told


def _report(posted: dict[str, list[Told]], talked: dict[str, list[Told]]) -> Told:
    return {
        "post_per_s": _rate(posted["gateway"]),
        "post_p99_ms": _median(posted["gateway"], "p99_ms"),
        "echo_per_s": _rate(posted["echo"]),
        "echo_p99_ms": _median(posted["echo"], "p99_ms"),
        "vs_echo": round(_rate(posted["gateway"]) / _rate(posted["echo"]), 3),
        "ws_per_s": _rate(talked["gateway"]),
        "ws_p99_ms": _median(talked["gateway"], "p99_ms"),
        "ws_echo_per_s": _rate(talked["echo"]),
        "ws_echo_p99_ms": _median(talked["echo"], "p99_ms"),
        "ws_vs_echo": round(_rate(talked["gateway"]) / _rate(talked["echo"]), 3),
    }


def _rate(rounds: Sequence[Told]) -> float:
    return round(float(statistics.median(told["accepted"] / told["seconds"] for told in rounds)), 1)


def _median(rounds: Sequence[Told], name: str) -> float:
    return round(float(statistics.median(told[name] for told in rounds)), 2)


if __name__ == "__main__":
    sys.exit(main())
