"""The pages of a buyer's onboarding, and the one that a pay link leads back to.

Whoever has the link acts for its buyer: there is no cookie that another site could misuse, and a link writes to its own
buyer alone, until the card is saved. The pages are kept by no cache, framed by no site, and tell no site their address.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.onboardings import ClosedOnboarding, OpenOnboarding
from stages.adapters.payments import PaymentMisused, PaymentUnavailable
from stages.onboarding import Onboarding, UnusableForm, read_form
from stages.till import THANKS_PATH

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_AWAY = "This can't be done at the moment. Please try again in a few minutes."
# Paid or not, for the page of the payment provider leads here either way.
_BACK = "Once you have paid, a message confirms it. Until then your pay link stays as it is, as long as it is good."
_FORM = ("phone", "email", "whatsapp", "sms", "by_email")

_log = structlog.get_logger()


def onboarding_routes(onboarding: Onboarding) -> APIRouter:
    """`GET` and `POST /onboard/{token}`, `GET /onboarded`, `GET /thanks`."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages()

    @router.get("/onboard/{token}")
    async def show(token: str) -> Response:
        try:
            found = await onboarding.open(token)
        except DatabaseUnavailable as error:
            return pages.away(error)
        return pages.closed(found) if isinstance(found, ClosedOnboarding) else pages.form_of(found, {})

    @router.post("/onboard/{token}")
    async def submit(request: Request, token: str) -> Response:
        given = _fields(await request.body())
        try:
            found = await onboarding.open(token)
            if isinstance(found, ClosedOnboarding):
                return pages.closed(found)
            target = await onboarding.submit(token, read_form(given))
        except UnusableForm as error:
            assert isinstance(found, OpenOnboarding)  # noqa: S101 - the form is read after it was found open
            return pages.form_of(found, given, str(error))
        except (DatabaseUnavailable, PaymentUnavailable, PaymentMisused) as error:
            return pages.away(error)
        if isinstance(target, ClosedOnboarding):
            return pages.closed(target)
        return RedirectResponse(target, 303, _HEADERS)

    @router.get("/onboarded")
    async def done() -> Response:
        return pages.thanks("Your card is saved. From now on, one comment is enough.")

    @router.get(THANKS_PATH)
    async def back() -> Response:
        return pages.thanks(_BACK)

    return router


class _Pages:
    """What a buyer sees."""

    def __init__(self) -> None:
        templates = files("stages.doors") / "templates"
        self._page = Template((templates / "onboard.html").read_text(encoding="utf-8"))
        self._form = Template((templates / "onboard_form.html").read_text(encoding="utf-8"))

    def form_of(self, buyer: OpenOnboarding, given: Mapping[str, str], refusal: str = "") -> Response:
        """The form with what was filled in, and why it was refused."""
        words = {
            "handle": escape(buyer.handle),
            "platform": escape(buyer.platform),
            "refusal": f'<p class="refusal">{escape(refusal)}</p>' if refusal else "",
            "phone": escape(given.get("phone", "")),
            "email": escape(given.get("email", "")),
            **{name: " checked" if name in given else "" for name in ("whatsapp", "sms", "by_email")},
        }
        form = self._form.substitute(words)
        return self._said("Buy with one comment", form, 422 if refusal else 200)

    def closed(self, found: ClosedOnboarding) -> Response:
        """Why the link does nothing more."""
        return self._said("This link is closed", f"<p>{escape(found.why)}</p>", 410)

    def thanks(self, words: str) -> Response:
        """It is done."""
        return self._said("Thank you", f"<p>{escape(words)}</p>")

    def away(self, error: Exception) -> Response:
        """Try again."""
        _log.warning("an onboarding waits", kind=type(error).__name__)
        return self._said("Please try again", f"<p>{_AWAY}</p>", 503)

    def _said(self, title: str, content: str, status: int = 200) -> Response:
        return HTMLResponse(self._page.substitute(title=escape(title), content=content), status, _HEADERS)


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form that are known, the first of each; a body that is no form has none."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: value.strip() for name, value in reversed(pairs) if name in _FORM}
