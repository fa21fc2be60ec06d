"""The page on which people read what a door takes, and try it."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

_CDN = "https://cdn.jsdelivr.net"


def docs_routes(title: str) -> APIRouter:
    """`GET /docs`: Swagger UI over /openapi.json. The page alone may run the script that it names."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        page = get_swagger_ui_html(openapi_url="/openapi.json", title=title, swagger_favicon_url="data:,")
        content = bytes(page.body).decode().replace("<script>", f'<script nonce="{nonce}">')
        policy = (
            f"default-src 'none'; script-src {_CDN} 'nonce-{nonce}'; style-src {_CDN} 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        return HTMLResponse(content, headers={"Content-Security-Policy": policy})

    return router
