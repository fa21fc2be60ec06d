"""The pages of a buyer's onboarding.

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

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_AWAY = "This can't be done at the moment. Please try again in a few minutes."
_FORM = ("phone", "email", "whatsapp", "sms", "by_email")

_log = structlog.get_logger()


def onboarding_routes(onboarding: Onboarding) -> APIRouter:
    """`GET` and `POST /onboard/{token}`, `GET /onboarded`."""
    router = APIRouter(include_in_schema=False)
    templates = files("stages.doors") / "templates"
    page = Template((templates / "onboard.html").read_text(encoding="utf-8"))
    form = Template((templates / "onboard_form.html").read_text(encoding="utf-8"))

    def said(title: str, content: str, status: int = 200) -> Response:
        return HTMLResponse(page.substitute(title=escape(title), content=content), status, _HEADERS)

    def closed(found: ClosedOnboarding) -> Response:
        return said("This link is closed", f"<p>{escape(found.why)}</p>", 410)

    def filled(buyer: OpenOnboarding, given: Mapping[str, str], refusal: str = "") -> Response:
        words = {
            "handle": escape(buyer.handle),
            "platform": escape(buyer.platform),
            "refusal": f'<p class="refusal">{escape(refusal)}</p>' if refusal else "",
            "phone": escape(given.get("phone", "")),
            "email": escape(given.get("email", "")),
            **{name: " checked" if name in given else "" for name in ("whatsapp", "sms", "by_email")},
        }
        return said("Buy with one comment", form.substitute(words), 422 if refusal else 200)

    def away(error: Exception) -> Response:
        _log.warning("an onboarding waits", kind=type(error).__name__)
        return said("Please try again", f"<p>{_AWAY}</p>", 503)

    @router.get("/onboard/{token}")
    async def show(token: str) -> Response:
        try:
            found = await onboarding.open(token)
        except DatabaseUnavailable as error:
            return away(error)
        return closed(found) if isinstance(found, ClosedOnboarding) else filled(found, {})

    @router.post("/onboard/{token}")
    async def submit(request: Request, token: str) -> Response:
        given = _fields(await request.body())
        try:
            found = await onboarding.open(token)
            if isinstance(found, ClosedOnboarding):
                return closed(found)
            target = await onboarding.submit(token, read_form(given))
        except UnusableForm as error:
            assert isinstance(found, OpenOnboarding)  # noqa: S101 - the form is read after it was found open
            return filled(found, given, str(error))
        except (DatabaseUnavailable, PaymentUnavailable, PaymentMisused) as error:
            return away(error)
        if isinstance(target, ClosedOnboarding):
            return closed(target)
        return RedirectResponse(target, 303, _HEADERS)

    @router.get("/onboarded")
    async def done() -> Response:
        return said("Thank you", "<p>Your card is saved. From now on, one comment is enough.</p>")

    return router


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form that are known, the first of each; a body that is no form has none."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: value.strip() for name, value in reversed(pairs) if name in _FORM}
