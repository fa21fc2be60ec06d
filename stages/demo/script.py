"""What a recorded show says about itself: who sells, what is sold, who buys, what is held up when.

Times are whole seconds from the show's start; scenes begin before it, so their first times are negative.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

Platform = Literal["tiktok", "instagram", "youtube"]
Channel = Literal["whatsapp", "sms"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Phone = Annotated[str, Field(pattern=r"^\+[1-9]\d{7,14}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
_FormT = TypeVar("_FormT")


class ShowError(ValueError):
    """The folder does not hold a show that can be played; the message says which file, where and why."""


class Part(BaseModel):
    """Any record of a show: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Streamer(Part):
    """A seller. Viewers see the stream `view_delay_seconds` late; `notify_by` None means console events only."""

    handle: Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")]
    name: Text
    platform: Platform
    currency: Currency
    phone: Phone
    notify_by: Channel | None
    view_delay_seconds: Annotated[float, Field(ge=0, le=30)]


class Product(Part):
    """An article of one streamer's catalog; `price_minor` counts the currency's smallest unit."""

    streamer: str
    sku: Text
    name: Text
    price_minor: Annotated[int, Field(gt=0)]
    currency: Currency
    stock: Annotated[int, Field(ge=0)]
    aliases: tuple[Text, ...]
    images: Annotated[tuple[str, ...], Field(min_length=1)]


class Buyer(Part):
    """A viewer known to the shop; `card` is a Stripe test payment method, None where no card is saved."""

    platform: Platform
    client: Text
    client_id: Text
    phone: Phone
    channel: Channel
    card: Literal["pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"] | None


class Scene(Part):
    """What a streamer holds from `start` until before `end`; `sku` None where nothing of the catalog is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    streamer: str
    start: Annotated[int, Field(alias="from")]
    end: Annotated[int, Field(alias="to")]
    sku: str | None


class Script(Part):
    """All of a show but its pictures and comments: the part that its pictures are drawn from."""

    streamers: tuple[Streamer, ...]
    products: tuple[Product, ...]
    buyers: tuple[Buyer, ...]
    scenes: tuple[Scene, ...]

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        handles = {streamer.handle for streamer in self.streamers}
        stocked = {(product.streamer, product.sku) for product in self.products}
        for product in self.products:
            if product.streamer not in handles:
                raise ValueError(
                    f"Product {product.sku} names the streamer {product.streamer}, who is not listed."
                )
        for scene in self.scenes:
            if scene.sku is not None and (scene.streamer, scene.sku) not in stocked:
                raise ValueError(f"A scene shows {scene.sku}, which {scene.streamer} does not sell.")
        if len(stocked) < len(self.products):
            raise ValueError("Two products of a streamer share one sku.")
        return self

    def on_screen(self, streamer: str, second: float) -> Product | None:
        """What the streamer holds at that second, None between the products."""
        for scene in self.scenes:
            if scene.streamer == streamer and scene.start <= second < scene.end and scene.sku is not None:
                return next(p for p in self.products if (p.streamer, p.sku) == (streamer, scene.sku))
        return None


def load_script(folder: Path) -> Script:
    """Reads show.json and scenes.json. Raises ShowError where a file is missing or wrong."""
    show = _read(folder / "show.json", dict[str, list[dict[str, object]]])
    scenes = _read(folder / "scenes.json", list[dict[str, object]])
    try:
        return Script.model_validate({**show, "scenes": scenes})
    except ValidationError as error:
        raise ShowError(f"{folder} does not describe a show: {error}") from error


def _read(path: Path, form: type[_FormT]) -> _FormT:
    try:
        return TypeAdapter(form).validate_json(content(path))
    except ValidationError as error:
        raise ShowError(f"{path} cannot be read: {error}") from error


def content(path: Path) -> bytes:
    """The file's bytes. Raises ShowError where they cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ShowError(f"{path} cannot be read ({error.strerror}). A show's folder holds it.") from error
