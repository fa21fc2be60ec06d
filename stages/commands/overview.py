"""What `tiktoksales` says without arguments: its verbs by what one wants, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

BEGIN = "Begin with `tiktoksales demo`: it needs no server and no account. Each verb has --help."
SETTINGS = (
    "Servers and keys are settings, read from the environment: `tiktoksales doctor` says which are missing."
)

VERBS: Mapping[str, Mapping[str, str]] = {
    "Try it": {
        "demo": "Play a recorded show on embedded servers.",
        "classify": "Judge texts: JSONL in, JSONL out.",
        "match": "Find products in pictures: JSONL in, JSONL out.",
        "models": "Show which models judge, and their hashes.",
    },
    "Run it": {
        "doctor": "Say what is wrong with settings, Redis, database, models.",
        "migrate": "Make the database's tables, or bring them up to date.",
        "keys": "Say who may come in by the doors.",
        "serve": "Serve a door: gateway, console, or a single stage.",
        "run": "Run stages until SIGTERM; without a name, all of them.",
    },
    "During a show": {
        "connect": "Bring in a live stream's comments, or a file's.",
        "frames": "Take frames of a live stream or a video.",
        "pin": "Say which product the host shows now.",
        "reviews": "Decide what the model was not sure of.",
    },
    "Sell": {
        "catalog": "Take in products, and show what is left.",
        "orders": "List, show and export orders.",
        "refund": "Give back what was paid, or a part of it.",
        "commissions": "Show what a streamer has earned.",
        "onboard": "Make links where buyers save their card.",
        "webhooks": "Tell the shop's own systems of its orders.",
    },
    "Look into it": {
        "trace": "Show what became of a comment or an order.",
        "dlq": "Look after dead letters: list, show, redrive, purge.",
        "replay": "Feed history again: finish it, or compare.",
        "audit": "Prove that archive, stream and database agree.",
        "cost": "Print the bill of a span.",
        "scale-plan": "Say how many processes a rate of comments needs.",
    },
    "People": {
        "block": "Take no more claims of a viewer.",
        "unblock": "Take them again.",
        "forget": "Erase a viewer; the accounts stay.",
        "rotate-keys": "Encrypt personal data under a new key.",
    },
    "Teach it": {
        "correct": "Say what a comment really meant.",
        "export-training": "Write corrections as training rows.",
    },
}
"""Panels in the order in which a newcomer needs them, and each verb's line."""


class ByPurpose(TyperGroup):
    """Lists the verbs as VERBS does; one that is missing there comes last, with its own help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, and by the way their panels and lines."""
        known = {name: (panel, line) for panel, lines in VERBS.items() for name, line in lines.items()}
        for name, command in self.commands.items():
            if name in known:
                panel, command.short_help = known[name]
                command.rich_help_panel = panel  # type: ignore[attr-defined]
        return [*(name for name in known if name in self.commands), *(self.commands.keys() - known.keys())]
