"""What the shop needs around it: settings, database, models, providers."""

from __future__ import annotations

from pathlib import Path

from asyncpg import InsufficientPrivilegeError
from pydantic import SecretStr
from yoyo import read_migrations

from pipeline.doctor import examine_redis
from pipeline.finding import Finding
from stages.adapters.classifier import ONNX_FILES, OWN_MODEL
from stages.adapters.database import Connection, Database, DatabaseRefused, DatabaseUnavailable, statement
from stages.adapters.database.access import Standing, standing
from stages.adapters.database.migrate import SOURCE
from stages.adapters.database.sealing import check_keys
from stages.adapters.vault import NEW_KEY, UnusableDataKeys, Vault
from stages.connectors.instagram_finding import instagram_findings
from stages.door_findings import door_finding
from stages.doors.gateway import SOURCE as GATEWAY
from stages.settings import ShopSettings

OLDEST_POSTGRES = 15
_VISION_FILES = ("detector.pt", "embedding.onnx", "calibration.json")
_OWN_VISION_MODEL = Path(__file__).parent / "models" / "vision"
_PROVIDERS = {
    "Stripe": ("stripe_api_key", "stripe_webhook_secret"),
    "Twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_sms_from", "twilio_whatsapp_from"),
}


async def examine(settings: ShopSettings) -> list[Finding]:
    """Everything that `run` and `serve gateway` need, looked at without changing it. No finding holds a secret."""
    return [
        *await _redis(settings),
        *await _database(settings),
        _intent_model(settings.intent_model or OWN_MODEL),
        _vision_model(settings.vision_model or _OWN_VISION_MODEL),
        _is_set(settings, "Pictures", ("catalog_url", "frames_url"), "The stage vision"),
        _is_set(settings, "Stripe", _PROVIDERS["Stripe"], "The stage payment"),
        _is_set(settings, "Twilio", _PROVIDERS["Twilio"], "The stage notify"),
        _signing(settings),
        *instagram_findings(settings, settings.source_keys),
    ]


async def _redis(settings: ShopSettings) -> list[Finding]:
    if not settings.redis_url:
        return [Finding("error", "Redis", "REDIS_URL is not set: say where Redis or Valkey listens.")]
    return await examine_redis(settings.redis_url)


async def _database(settings: ShopSettings) -> list[Finding]:
    if not settings.database_url:
        return [Finding("error", "Database", "DATABASE_URL is not set: say where Postgres listens.")]
    try:
        database = await Database.connect(
            settings.database_url, pooler=settings.database_pooler, read_only=True, max_connections=1
        )
        try:
            return await _examine_database(database, settings)
        finally:
            await database.close()
    except (DatabaseUnavailable, DatabaseRefused) as error:
        return [Finding("error", "Database", str(error))]


async def _examine_database(database: Database, settings: ShopSettings) -> list[Finding]:
    async with database.transaction() as connection:
        number = int(await connection.fetchval("show server_version_num"))
    try:
        async with database.transaction() as connection:
            migrated = await connection.fetchval(statement("trail/is_migrated"))
            rows = await connection.fetch(statement("trail/applied_migrations")) if migrated else []
    except InsufficientPrivilegeError:
        tables = Finding(
            "unknown",
            "Tables",
            "The user of DATABASE_URL may not see which migrations were applied: run `tiktoksales migrate` as one who "
            "may; it is harmless where nothing is to do.",
        )
        return [_database_version(number), tables]
    findings = [_database_version(number), _tables({row["migration_id"] for row in rows})]
    if findings[-1].level == "ok":
        async with database.transaction() as connection:
            findings += [
                _access(await standing(connection)),
                await _data_keys(connection, settings),
                await door_finding(connection, settings),
            ]
    return findings


def _access(who: Standing) -> Finding:
    subject = "Access"
    if not who.roles:
        return Finding(
            "warning",
            subject,
            "The roles tiktoksales_stages and tiktoksales_streamer are missing: let an administrator create both, and "
            "run `select lay_access()` as the owner of the tables.",
        )
    excess = [
        said
        for said, has in (
            ("is a superuser", who.superuser),
            ("is exempt from row-level security (BYPASSRLS)", who.exempt),
            ("owns the tables", who.owner),
        )
        if has
    ]
    if excess:
        return Finding(
            "warning",
            subject,
            f"The user {who.name} of DATABASE_URL {' and '.join(excess)}, which the stages don't need: let "
            "tiktoksales_stages log in (alter role ... login password '...'), and put the owner's URL into "
            "OWNER_DATABASE_URL for `tiktoksales migrate`.",
        )
    return Finding("ok", subject, f"{who.name} is held to row-level security.")


async def _data_keys(connection: Connection, settings: ShopSettings) -> Finding:
    subject = "Encryption"
    try:
        vault = Vault([key.get_secret_value() for key in settings.data_keys])
        sealed = await check_keys(connection, vault)
    except UnusableDataKeys as error:
        return Finding("error", subject, str(error))
    if not vault.has_keys:
        return Finding(
            "warning",
            subject,
            "DATA_KEYS is not set: no phone number and no e-mail address can be kept, so that nobody gets a message. "
            f"Make a key ({NEW_KEY}), keep it, and set DATA_KEYS to a JSON list that holds it.",
        )
    return Finding(
        "ok", subject, f"DATA_KEYS open{' what is stored' if sealed else '; nothing is stored yet'}."
    )


def _database_version(number: int) -> Finding:
    """`number` as in server_version_num: 150004 is 15.4."""
    version = f"Postgres {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRES:
        return Finding("error", "Database", f"{version} is too old: use Postgres {OLDEST_POSTGRES} or newer.")
    return Finding("ok", "Database", f"{version}.")


def _tables(applied: set[str]) -> Finding:
    missing = [each.id for each in read_migrations(SOURCE) if each.id not in applied]
    if missing:
        return Finding(
            "error", "Tables", f"Not yet applied: {', '.join(missing)}. Run `tiktoksales migrate`."
        )
    return Finding("ok", "Tables", "They are up to date.")


def _intent_model(folder: Path) -> Finding:
    """A model of our own kind, or of Hugging Face's (see load_classifier); it is not loaded."""
    if any((*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin"))):
        return _model("Intent model", folder, ("config.json",), "INTENT_MODEL")
    return _model("Intent model", folder, ONNX_FILES, "INTENT_MODEL")


def _vision_model(folder: Path) -> Finding:
    return _model("Vision model", folder, _VISION_FILES, "VISION_MODEL")


def _model(subject: str, folder: Path, files: tuple[str, ...], setting: str) -> Finding:
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        advice = f"Set {setting} to a folder that has them, or leave it empty and reinstall the package."
        return Finding("error", subject, f"{folder} lacks {', '.join(missing)}. {advice}")
    return Finding("ok", subject, f"It lies in {folder}.")


def _is_set(settings: ShopSettings, subject: str, names: tuple[str, ...], user: str) -> Finding:
    missing = [name.upper() for name in names if not _value(settings, name)]
    if missing:
        return Finding("error", subject, f"Not set: {', '.join(missing)}. {user} can't start without.")
    return Finding("ok", subject, f"Set: {', '.join(name.upper() for name in names)}.")


def _value(settings: ShopSettings, name: str) -> str:
    value = getattr(settings, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _signing(settings: ShopSettings) -> Finding:
    subject = "Signing"
    if not settings.source_keys.get(GATEWAY, SecretStr("")).get_secret_value():
        return Finding(
            "warning",
            subject,
            f'SOURCE_KEYS has no key for "{GATEWAY}": its comments are not signed, so that no saved card is charged '
            "and every buyer gets a pay link. Give it a long random one.",
        )
    if GATEWAY not in settings.verified_sources:
        return Finding(
            "ok", subject, "The gateway signs, and its buyers get pay links (see VERIFIED_SOURCES)."
        )
    return Finding("ok", subject, "The gateway signs, and its comments may charge a saved card.")
