"""What the payment provider's events are about: as much of it as is read, in the types that it has."""

from __future__ import annotations

from typing import Annotated, TypeVar

import stripe
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from schemas.codec import in_words
from schemas.records import without_nul
from stages.adapters.payment_results import ForgedWebhook

Text = Annotated[str, Field(max_length=5_000), AfterValidator(without_nul)]
PROVIDER_ID = "^[A-Za-z0-9_]{1,255}$"
"""Nothing else may become a part of a URL when what stands there is read anew."""

ProviderId = Annotated[str, Field(pattern=PROVIDER_ID)]


class Part(BaseModel):
    """A piece of what an event is about; what else stands there is not read."""

    model_config = ConfigDict(frozen=True)


class Told(Part):
    """Something at the provider, by its id."""

    id: ProviderId


class ToldMetadata(Part):
    """What we have written on it ourselves; on what is another shop's there may be anything."""

    order_uuid: Text | None = None
    attempt: Text | None = None
    onboarding: Text | None = None


class ToldSession(Told):
    """A checkout session."""

    mode: Text
    payment_status: Text
    payment_intent: ProviderId | None = None
    customer: ProviderId | None = None
    setup_intent: ProviderId | None = None
    metadata: ToldMetadata | None = None


class ToldRefusal(Part):
    """Why a payment failed."""

    code: Text | None = None
    decline_code: Text | None = None
    message: Text | None = None


class ToldIntent(Told):
    """A payment."""

    status: Text
    metadata: ToldMetadata | None = None
    last_payment_error: ToldRefusal | None = None


class ToldCharge(Told):
    """A charge, which may be of no payment intent."""

    payment_intent: ProviderId | None


T = TypeVar("T", bound=Told)


def about(kind: type[T], event: stripe.Event) -> T:
    """What the event is about. Raises ForgedWebhook where it lacks what its kind has, or has it in another type."""
    try:
        return kind.model_validate(event.data.object.to_dict())
    except ValidationError as error:
        raise ForgedWebhook(
            f"This webhook is refused: what it is about can't be read ({in_words(error)})."
        ) from error
