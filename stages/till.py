"""What handles the shop's money, put together: for the stages, for the keepers, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from stages.adapters.database import Database
from stages.adapters.database.payouts import Payouts
from stages.adapters.database.refunds import Refunds
from stages.adapters.database.stock import StockRules
from stages.adapters.payment_states import PaymentStates
from stages.adapters.payments import StripePayments
from stages.adapters.transfers import Transfers
from stages.payouts import PayingOut
from stages.refunding import Refunding
from stages.settings import ShopSettings, require

THANKS_PATH = "/thanks"
"""Where a buyer comes back to from the page of a pay link."""


def payments_of(settings: ShopSettings, now: Callable[[], datetime]) -> StripePayments:
    """The payment provider, to be closed in the end. Raises MissingSetting."""
    require_payments(settings)
    thanks = f"{str(settings.public_url).rstrip('/')}{THANKS_PATH}"
    return StripePayments(
        settings.stripe_api_key.get_secret_value(),
        settings.stripe_webhook_secret.get_secret_value(),
        success_url=thanks,
        cancel_url=thanks,
        now=now,
        url=settings.stripe_url or None,
    )


def require_payments(settings: ShopSettings) -> None:
    """Raise MissingSetting unless all is set that the payment provider needs."""
    require(
        settings, stripe_api_key="Stripe's secret key", stripe_webhook_secret="its webhook's signing secret"
    )


def refunding_of(
    database: Database, payments: StripePayments, rules: StockRules, now: Callable[[], datetime]
) -> Refunding:
    """Who gives money back."""
    return Refunding(Refunds(database, rules), payments, PaymentStates(payments.account), now)


def paying_out_of(database: Database, payments: StripePayments, now: Callable[[], datetime]) -> PayingOut:
    """Who pays the streamers."""
    return PayingOut(Payouts(database), Transfers(payments.account), now)
