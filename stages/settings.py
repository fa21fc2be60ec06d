"""The shop's settings, on top of the runtime's, the connectors' and the doors'."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, SecretStr, model_validator

from pipeline.settings import Url
from stages.connectors.settings import ConnectorSettings
from stages.doors.settings import DoorSettings
from stages.mendable import Mendable
from stages.wording import TEMPLATES

_PLACE = r"^((file:///|s3://|https?://)\S+)?$"
_ARCHIVE = r"^((file:///|s3://|gs://|az://|https?://)\S+)?$"


class ShopSettings(DoorSettings, ConnectorSettings):
    """Each field is an environment variable of the same name in upper case. Lists and maps are JSON."""

    database_url: Annotated[
        Url,
        Field(
            pattern=r"^(postgres(ql)?://.*)?$",
            description="Postgres 15+ that holds what happened: postgresql://",
        ),
    ] = ""
    database_pooler: Annotated[
        bool, Field(description="DATABASE_URL leads to a transaction pooler (pgbouncer, Supavisor)")
    ] = False

    owner_database_url: Annotated[
        Url,
        Field(
            pattern=r"^(postgres(ql)?://.*)?$",
            description="Where `migrate` connects, as the user who owns the tables; without, DATABASE_URL",
        ),
    ] = ""

    data_keys: Annotated[
        tuple[SecretStr, ...],
        Field(
            description="Keys that phone numbers and e-mail addresses are encrypted with, newest first: 32 bytes "
            "each, in URL-safe base64"
        ),
    ] = ()

    intent_model: Annotated[
        Path | None,
        Field(
            description="Folder of a text classifier: ours (ONNX) or a Hugging Face one. Default: the built-in"
        ),
    ] = None
    vision_model: Annotated[
        Path | None,
        Field(description="Folder with detector, embedding and calibration. Default: the built-in"),
    ] = None
    model_threads: Annotated[int, Field(ge=1, description="Threads that one model call may use")] = 1

    intent_threshold: Annotated[
        float, Field(ge=0, le=1, description="A buy goes on only with a score above this")
    ] = 0.5
    match_threshold: Annotated[
        float, Field(ge=0, le=1, description="A product goes on only with a score above this")
    ] = 0.7
    review_threshold: Annotated[
        float,
        Field(ge=0, le=1, description="A product that does not go on is put up for review above this score"),
    ] = 0.5
    frame_window_seconds: Annotated[
        float, Field(gt=0, description="Vision looks at the frames of so many seconds before the comment")
    ] = 12.0
    frame_limit: Annotated[int, Field(ge=1, description="Frames of the window that are looked at")] = 6

    ingest_timeout_seconds: Annotated[float, Field(gt=0, description="Time limit of ingest, for a batch")] = (
        10.0
    )
    intent_timeout_seconds: Annotated[float, Field(gt=0, description="Time limit of intent, for a batch")] = (
        10.0
    )
    vision_timeout_seconds: Annotated[
        float, Field(gt=0, description="Time limit of vision, for a comment")
    ] = 15.0
    order_timeout_seconds: Annotated[float, Field(gt=0, description="Time limit of order, for a batch")] = (
        10.0
    )
    payment_timeout_seconds: Annotated[
        float, Field(gt=0, description="Time limit of payment, for an order")
    ] = 30.0
    notify_timeout_seconds: Annotated[
        float, Field(gt=0, description="Time limit of notify, for an order")
    ] = 15.0
    max_order_age_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="A claim that Redis took longer ago than this makes no order any more, also not in a replay; "
            "an order that stands is finished whatever its age",
        ),
    ] = 6 * 3600.0
    fairness_seconds: Annotated[
        float,
        Field(
            ge=0,
            description="So long after it came, a claim on the last pieces lets earlier comments that are still on "
            "their way go first",
        ),
    ] = 2.0
    message_claim_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="A message that a dead process left half sent is looked up at Twilio after this long. Must "
            "lie above the time limit of one call (a third of NOTIFY_TIMEOUT_SECONDS)",
        ),
    ] = 20.0
    max_attempts: Annotated[
        int, Field(ge=1, description="Failures after which an entry is dead-lettered")
    ] = 8

    frames_url: Annotated[
        str,
        Field(
            pattern=_PLACE,
            description="Where the frames lie: file://, s3:// or http(s)://, by the documented path",
        ),
    ] = ""
    frame_url_prefixes: Annotated[
        tuple[str, ...], Field(description="URLs of frames in comments are read only below one of these")
    ] = ()
    catalog_url: Annotated[
        str,
        Field(pattern=_PLACE, description="Where the products' pictures lie: file://, s3:// or http(s)://"),
    ] = ""

    archive_url: Annotated[
        str,
        Field(
            pattern=_ARCHIVE,
            description="Where comments_stream is archived before it is trimmed: file://, s3://, gs://, az:// or "
            "http(s)://, a place of this shop's own. Default: it is not archived",
        ),
    ] = ""
    archive_every_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=3600,
            description="So much of the stream's time becomes one file of each streamer; it is kept so much longer "
            "than the replay window",
        ),
    ] = 3600

    stripe_api_key: Annotated[SecretStr, Field(description="Stripe's secret key")] = SecretStr("")
    stripe_webhook_secret: Annotated[SecretStr, Field(description="Signing secret of the Stripe webhook")] = (
        SecretStr("")
    )
    stripe_url: Annotated[
        str, Field(description="Base URL of Stripe's API; only for a sandbox of our own")
    ] = ""
    twilio_account_sid: Annotated[str, Field(description="Twilio's account SID")] = ""
    twilio_auth_token: Annotated[SecretStr, Field(description="Twilio's auth token")] = SecretStr("")
    twilio_url: Annotated[
        str, Field(description="Base URL of Twilio's API; only for a sandbox of our own")
    ] = ""
    twilio_sms_from: Annotated[str, Field(description="Number that SMS come from (E.164)")] = ""
    twilio_whatsapp_from: Annotated[
        str, Field(description="Number that WhatsApp messages come from (E.164)")
    ] = ""

    whatsapp_templates: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description='ContentSids of approved WhatsApp templates, by kind: {"confirmed": "HX..."}. A kind without '
            "one goes out as free text, which WhatsApp takes within 24 hours of the buyer's last message only",
        ),
    ]
    whatsapp_daily_recipients: Annotated[
        int | None,
        Field(
            ge=1,
            description="So many different people get WhatsApp messages in a day (UTC); further ones get SMS, where "
            "they agreed to it. Default: no limit",
        ),
    ] = None
    messages_per_second: Annotated[
        float | None,
        Field(
            gt=0,
            description="So many messages leave each of our numbers in a second, from one notify process: divide "
            "what Twilio allows by their number. Default: no limit",
        ),
    ] = None
    twilio_callbacks: Annotated[
        bool,
        Field(
            description="Twilio reports what becomes of messages to PUBLIC_URL/webhooks/twilio, so that one that "
            "fails on its way goes out on the next channel. PUBLIC_URL must be reachable from outside"
        ),
    ] = False
    smtp_url: Annotated[
        SecretStr,
        Field(
            description="Mail server: smtp://user:password@host:587, which must offer STARTTLS unless it is on this "
            "machine, or smtps://...:465. Default: no e-mail"
        ),
    ] = SecretStr("")
    email_from: Annotated[str, Field(description="Address that e-mails come from")] = ""

    public_url: Annotated[HttpUrl, Field(description="Where buyers and providers reach the gateway")] = (
        HttpUrl("http://127.0.0.1:8081")
    )
    tracking_url: Annotated[
        str, Field(description="Link in the confirmation; {order_number} is filled in")
    ] = "https://track.example/{order_number}"
    hold_seconds: Annotated[
        int,
        Field(
            ge=60,
            le=86400,
            description="How long an unpaid order keeps its pieces and its pay link; one below the 30 minutes that "
            "Stripe takes at least is ended by us",
        ),
    ] = 1800
    hold_reminder_seconds: Annotated[
        float,
        Field(ge=0, description="So long before its hold ends, the buyer is reminded of an unpaid order"),
    ] = 300.0
    buyer_unpaid_limit: Annotated[
        int,
        Field(
            ge=1,
            description="Pieces that one buyer may hold unpaid under a streamer; it does not bind whose saved card is "
            "charged at once",
        ),
    ] = 10
    waitlist: Annotated[
        bool, Field(description="Claims on what is sold out wait for freed pieces, first come first served")
    ] = True

    refund_window_days: Annotated[
        float,
        Field(ge=0, description="A commission may be paid out so many days after its order was paid"),
    ] = 14.0
    payouts: Annotated[
        bool,
        Field(
            description="Pay payable commissions out, by Stripe transfers to the streamers' connected accounts"
        ),
    ] = False

    webhook_timeout_seconds: Annotated[
        float, Field(gt=0, le=30, description="Time limit of one attempt to deliver an event to a webhook")
    ] = 10.0
    webhook_allow_private: Annotated[
        bool,
        Field(
            description="Events may also go to private addresses and over http: for a network of one's own"
        ),
    ] = False

    source_keys: Annotated[
        dict[str, SecretStr],
        Field(
            default_factory=dict,
            description='Keys by which sources sign comments, by source: {"gateway": "..."}',
        ),
    ]
    verified_sources: Annotated[
        frozenset[str], Field(description="Sources whose signed comments may charge a saved card")
    ] = frozenset({"gateway"})

    @model_validator(mode="after")
    def _check_message_claim(self) -> ShopSettings:
        if self.message_claim_seconds <= self.message_call_seconds:
            raise ValueError(
                "MESSAGE_CLAIM_SECONDS must lie above a third of NOTIFY_TIMEOUT_SECONDS, the limit of one call."
            )
        return self

    @property
    def twilio_callback_url(self) -> str:
        """Where Twilio reports to, as it signs it: the public address, whatever a proxy makes of it."""
        return f"{str(self.public_url).rstrip('/')}/webhooks/twilio"

    @property
    def message_call_seconds(self) -> float:
        """Time limit of one call to Twilio: claiming, looking up and sending fit into the stage's limit."""
        return self.notify_timeout_seconds / 3

    @model_validator(mode="after")
    def _check_templates(self) -> ShopSettings:
        if unknown := sorted(set(self.whatsapp_templates) - set(TEMPLATES)):
            raise ValueError(
                f"WHATSAPP_TEMPLATES: there is no kind {unknown[0]}; there are {', '.join(TEMPLATES)}."
            )
        return self

    @model_validator(mode="after")
    def _check_tracking_url(self) -> ShopSettings:
        try:
            self.tracking_url.format(order_number="ORD-20260101-00001")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("TRACKING_URL may hold {order_number}, and no other braces.") from error
        return self


KEPT_ENVIRONMENT = Path(".demo/environment")
"""The settings of a demo that was left up (`--keep`) where it was started."""


class MissingSetting(Mendable):
    """A setting that this command needs is not set."""

    def __init__(self, name: str, purpose: str) -> None:
        way_out = (
            f"`. {KEPT_ENVIRONMENT}` sets it for the demo that was left up here."
            if KEPT_ENVIRONMENT.is_file()
            else "`tiktoksales demo` brings everything itself."
        )
        super().__init__(f"{name} is not set: {purpose}. {way_out}")


def require(settings: ShopSettings, **purposes: str) -> None:
    """Raise MissingSetting for the first of the named settings that is empty."""
    for name, purpose in purposes.items():
        value = getattr(settings, name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise MissingSetting(name.upper(), purpose)
