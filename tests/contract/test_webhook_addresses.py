"""Events go to public addresses only, whatever a name leads to."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from stages.adapters.webhook_sender import UnusableUrl, check_address, check_url
from tests.contract.listening import listening
from tests.fixtures_sandbox import Mailbox


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_not_connected_to(
    redis_url: str, database_url: str, tmp_path: Path, mailbox: Mailbox, host: str
) -> None:
    async with listening(redis_url, database_url, tmp_path, allow_private=False) as heard:
        port = mailbox.url.rsplit(":", 1)[1].split("/")[0]
        await heard.endpoints.register(f"https://{host}:{port}/", (), None)
        await heard.order()
        await heard.round()
        [row] = await heard.deliveries()
    assert row.status == "waiting"
    assert "no public address" in str(row.error)


async def test_a_name_that_leads_elsewhere_when_it_is_used_is_not_connected_to(
    redis_url: str, database_url: str, tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ["8.8.8.8"]
    port = int(mailbox.url.rsplit(":", 1)[1].split("/")[0])
    genuine = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **options: Any) -> Any:
        if host == "rebinding.example":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address[0], port))]
        return genuine(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    url = f"https://rebinding.example:{port}/"
    await check_address(check_url(url, allow_private=False), allow_private=False)
    address[0] = "127.0.0.1"
    with pytest.raises(UnusableUrl, match="no public address"):
        await check_address(check_url(url, allow_private=False), allow_private=False)
    async with listening(redis_url, database_url, tmp_path, allow_private=False) as heard:
        await heard.endpoints.register(url, (), None)
        await heard.order()
        await heard.round()
        [row] = await heard.deliveries()
    assert "127.0.0.1 is no public address" in str(row.error)
