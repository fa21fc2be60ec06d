"""`tiktoksales`: the runtime's verbs and the shop's."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Collection, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import orjson
import redis.exceptions
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from pipeline.cli import add_run, run_async
from pipeline.dead_letter import NoSuchDeadLetter
from pipeline.dlq import dead_letter_commands
from pipeline.doctor import add_doctor
from pipeline.engines.kafka.failure import KafkaFailed
from pipeline.engines.redis.agent import NameTaken
from pipeline.engines.redis.checks import UnfitRedis
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.unusable import why_unusable
from pipeline.finding import Finding
from pipeline.logging import log_to_stderr
from pipeline.metrics import MetricsNotServed
from pipeline.redrive import RedriveStopped
from pipeline.redrive_one import NotRedrivable
from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.trail import Trail
from stages.audit.cli import audit
from stages.commands.catalog import catalog
from stages.commands.keys import keys
from stages.commands.money import add_money_verbs
from stages.commands.onboarding import onboard
from stages.commands.opened import opened_database
from stages.commands.orders import orders
from stages.commands.overview import BEGIN, SETTINGS, ByPurpose
from stages.commands.pins import pin
from stages.commands.privacy import add_privacy_verbs, seal_plain
from stages.commands.reviews import reviews
from stages.commands.serve import serve
from stages.commands.tables import show
from stages.commands.webhooks import webhooks
from stages.connectors.cli import connect
from stages.cost.cli import cost
from stages.demo.cli import demo
from stages.feedback.cli import correct, export_training
from stages.frames.cli import frames
from stages.mendable import Mendable
from stages.replay.cli import replay
from stages.scale_plan.cli import scale_plan
from stages.secrecy import secrets_in
from stages.settings import ShopSettings, require
from stages.settings_words import wrong_settings
from stages.trace import as_table, find_chain

EXPECTED = (
    Mendable,
    KafkaFailed,
    MetricsNotServed,
    NameTaken,
    NoSuchDeadLetter,
    NotRedrivable,
    RedriveStopped,
    UnfitRedis,
    *REDIS_AWAY,
)
"""What a user can cause or mend: said in one sentence, without a traceback."""

app = typer.Typer(
    cls=ByPurpose,
    help=f"Turns comments under a live stream into paid, confirmed orders. {BEGIN}",
    epilog=SETTINGS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(version("tiktoksales"))
        raise typer.Exit


@app.callback()
def every_verb(
    asked: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is."),
    ] = False,
) -> None:
    """What may stand before every verb."""


def load_settings() -> ShopSettings:
    """The settings of the environment."""
    return ShopSettings()


def load_stream_settings() -> ShopSettings:
    """The settings of the environment, which must say where the streams are."""
    settings = load_settings()
    if settings.engine == "kafka":
        require(settings, kafka_url="where Kafka listens")
    else:
        require(settings, redis_url="where Redis or Valkey listens")
    return settings


@app.command(help="Show what became of a comment or an order, with times.")
def trace(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A comment's id, an order number, an entry's id in comments_stream, or the platform's message_id.",
        ),
    ],
) -> None:
    settings = load_settings()

    async def traced() -> Any:
        async with opened_database(settings) as database:
            return as_table(await find_chain(Trail(database), name))

    show(run_async(traced()))


@app.command(help="Bring the database's tables up to date; harmless when they are.")
def migrate() -> None:
    from stages.adapters.database.migrate import migrate as bring_up_to_date

    settings = load_settings()
    if not settings.owner_database_url:
        require(settings, database_url="where Postgres listens")
    applied = bring_up_to_date(settings.owner_database_url or settings.database_url)
    sealed = run_async(seal_plain(settings))
    done = [f"applied {name}" for name in applied] + ([f"encrypted {sealed} rows"] if sealed else [])
    Console().print("\n".join(done) or "Nothing to do.")


@app.command(
    help='Classify texts: JSONL {"text"} on standard input, one JSON object a line on standard output.'
)
def classify() -> None:
    from stages.adapters.classifier import OnnxClassifier, load_classifier
    from stages.classify import classify_lines

    settings = load_settings()
    classifier = load_classifier(settings.intent_model)
    # Nothing else runs in this process: it may use every core that it is given, and one batch is read or written.
    calls = len(os.sched_getaffinity(0)) + 1 if isinstance(classifier, OnnxClassifier) else 1
    _print_lines(classify_lines(sys.stdin.buffer, classifier, calls=calls))


@app.command(help="Show which models judge: their files, where they come from, sizes and hashes.")
def models() -> None:
    from itertools import chain

    from stages.adapters.classifier import OWN_MODEL
    from stages.inventory import as_table as models_table
    from stages.inventory import model_files

    settings = load_settings()
    own_vision = OWN_MODEL.parent / "vision"
    intent, vision = settings.intent_model, settings.vision_model
    files = chain(
        model_files("intent", intent or OWN_MODEL, "INTENT_MODEL", intent is not None),
        model_files("vision", vision or own_vision, "VISION_MODEL", vision is not None),
    )
    show(models_table(files))


@app.command(help='Match pictures with a catalog: JSONL {"image": path} in, {"image","sku","score"} out.')
def match(
    catalog: Annotated[
        Path, typer.Option(help='Manifest: {"products":[{"sku","image"}]}, paths relative to it.')
    ],
) -> None:
    from stages.eyes import load_matcher
    from stages.match import match_lines

    _print_lines(match_lines(sys.stdin.buffer, catalog, load_matcher(load_settings())))


def _examine() -> Awaitable[Sequence[Finding]]:
    from stages.doctor.examination import examine

    return examine(load_settings())


def _print_lines(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.buffer.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()


def main() -> None:
    """Run the command line. Status 1 with one sentence for what the user can mend, 2 for wrong usage."""
    log_to_stderr(secrets_in(os.environ))
    try:
        app()
    except (ValidationError, SettingsError) as error:
        sys.exit(f"tiktoksales: {wrong_settings(error)}")
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
        sys.exit(f"tiktoksales: {why_unusable(error)}")
    except DatabaseUnavailable as error:
        sys.exit(f"tiktoksales: {error}\nSee whether it is up, and DATABASE_URL.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"tiktoksales: {where}{error.strerror or error}")
    except EXPECTED as error:
        sys.exit(f"tiktoksales: {error}")


def _add_verbs() -> None:
    def open_agents(settings: Any, names: Any) -> Any:
        # The stages' code comes with the verb that runs them, not with every call of the command.
        from stages import running

        return running.open_agents(settings, names)

    def names_of_stages() -> Collection[str]:
        from stages.wiring import STAGES

        return STAGES

    app.command(name="replay", help="Feed history again: finish what has no end, or compare judgements.")(
        replay
    )
    app.command(name="audit")(audit)
    app.command(name="correct")(correct)
    app.command(name="export-training")(export_training)
    app.command(name="demo", help="Play a recorded show on embedded servers, and print what happened.")(demo)
    add_privacy_verbs(app)
    add_money_verbs(app)
    add_run(app, load_settings, open_agents)
    add_doctor(app, _examine)
    app.add_typer(dead_letter_commands(load_stream_settings, names_of_stages), name="dlq")
    app.add_typer(serve, name="serve")
    app.add_typer(keys, name="keys")
    app.add_typer(connect, name="connect")
    app.add_typer(catalog, name="catalog")
    app.add_typer(orders, name="orders")
    app.add_typer(webhooks, name="webhooks")
    app.add_typer(reviews, name="reviews")
    app.add_typer(onboard, name="onboard")
    app.command(name="pin")(pin)
    app.command(name="frames")(frames)
    app.command(name="scale-plan")(scale_plan)
    app.command(name="cost")(cost)


_add_verbs()
