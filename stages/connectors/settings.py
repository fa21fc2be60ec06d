"""What the platforms' own doors and connectors are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.settings import RuntimeSettings


class ConnectorSettings(RuntimeSettings):
    """Each field is an environment variable of the same name in upper case."""

    connector_key: Annotated[
        SecretStr,
        Field(
            description="Key, with the scope ingest, by which `connect --via` posts to a gateway: "
            "`tiktoksales keys create`"
        ),
    ] = SecretStr("")
    tiktok_sign_key: Annotated[
        SecretStr,
        Field(
            description="Key of the server by which TikTokLive signs its connections (Euler Stream); without one it "
            "signs few"
        ),
    ] = SecretStr("")
    tiktok_products: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description="Skus of TikTok's product ids, for the products that a host pins there: "
            '{"1729402318275": "JKT-01"}. One that is missing is its own sku',
        ),
    ]
    tiktok_url: Annotated[
        str, Field(description="Base URL of TikTok and the sign server; only for a stand-in of your own")
    ] = ""
    instagram_app_secret: Annotated[
        SecretStr,
        Field(
            description="App secret of the Meta app whose webhook, with the field `live_comments`, leads to "
            "PUBLIC_URL/webhooks/instagram. Default: no such webhook"
        ),
    ] = SecretStr("")
    instagram_verify_token: Annotated[
        SecretStr, Field(description="Verify token of that webhook: what you have given to Meta, too")
    ] = SecretStr("")
    instagram_accounts: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description='Whose Instagram accounts these are, by account id: {"17841405822304914": "maya.closet"}',
        ),
    ]
    youtube_api_key: Annotated[
        SecretStr, Field(description="API key for YouTube's Data API; `connect youtube` needs it")
    ] = SecretStr("")
    youtube_daily_quota: Annotated[
        int,
        Field(ge=100, description="Units of YouTube's daily quota that a show may use up; a call costs 5"),
    ] = 10_000
    youtube_url: Annotated[
        str, Field(description="Base URL of YouTube's API; only for a stand-in of your own")
    ] = "https://youtube.googleapis.com"
