"""E-mails, against a real mail server: what was surely not taken may go again, what may have been does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest

from stages.adapters.database import Database
from stages.adapters.mail import Mail
from stages.adapters.mail_server import MailServer, UnusableMailServer
from stages.adapters.messages import (
    Message,
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Sent,
    Undeliverable,
)
from tests.contract.mail_room import PASSWORD, USER, MailRoom, certificate, check_password, mail_room
from tests.contract.message_desk import desk_of
from tests.fixtures_sandbox import Sandbox

SENDER = "Maya's shop <orders@shop.example>"
ID = UUID("00000000-0000-0000-0000-000000000042")
LETTER = Message(
    "ana@example.com", "Order ORD-1 confirmed! 💕", "email", title="Order ORD-1\nconfirmed", id=ID
)


def mail_of(room: MailRoom, **server: object) -> Mail:
    there = replace(MailServer.from_url(f"smtp://127.0.0.1:{room.port}"), **server)  # type: ignore[arg-type]
    return Mail(there, SENDER, lambda: datetime(2026, 1, 1, tzinfo=UTC), timeout_seconds=1.5)


@pytest.fixture
async def room() -> AsyncIterator[MailRoom]:
    async with mail_room() as room:
        yield room


async def test_an_e_mail_arrives_as_it_was_written(room: MailRoom) -> None:
    assert await mail_of(room).send(LETTER) == Sent(f"<{ID}@shop.example>", "250")
    [letter] = room.arrived
    assert letter["From"] == SENDER
    assert letter["To"] == "ana@example.com"
    assert letter["Subject"] == "Order ORD-1 confirmed"
    assert letter["Message-ID"] == f"<{ID}@shop.example>"
    assert letter["Date"] == "Thu, 01 Jan 2026 00:00:00 +0000"
    assert letter.get_content().strip() == LETTER.body


async def test_a_repetition_is_the_same_e_mail(room: MailRoom) -> None:
    mail = mail_of(room)
    await mail.send(LETTER)
    await mail.send(LETTER)
    first, second = room.arrived
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_what_the_server_puts_off_may_go_again(room: MailRoom, command: str) -> None:
    room.answer(command, "451 later")
    mail = mail_of(room)
    with pytest.raises(MessageUnavailable) as caught:
        await mail.send(LETTER)
    assert caught.value.code == 451
    assert isinstance(await mail.send(LETTER), Sent)
    assert len(room.arrived) == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_what_the_server_refuses_for_good_is_undeliverable(room: MailRoom, command: str) -> None:
    room.answer(command, "550 no such user")
    refused = await mail_of(room).send(LETTER)
    assert isinstance(refused, Undeliverable)
    assert refused.code == 550
    assert "ana" not in refused.reason


async def test_a_sender_that_is_refused_is_ours_to_mend(room: MailRoom) -> None:
    room.answer("MAIL", "553 not yours")
    with pytest.raises(MessageMisused) as caught:
        await mail_of(room).send(LETTER)
    assert caught.value.stops_stage


async def test_a_server_that_is_lost_before_the_text_left_took_nothing(room: MailRoom) -> None:
    room.answer("RCPT", None)
    with pytest.raises(MessageUnavailable):
        await mail_of(room).send(LETTER)
    assert room.arrived == []


async def test_a_server_that_is_lost_after_the_text_left_may_have_taken_it(room: MailRoom) -> None:
    room.answer("DATA", None)
    with pytest.raises(MessageUncertain):
        await mail_of(room).send(LETTER)


async def test_a_server_that_is_away_took_nothing() -> None:
    async with mail_room() as gone:
        mail = mail_of(gone)
    with pytest.raises(MessageUnavailable):
        await mail.send(LETTER)


async def test_nothing_leaves_once_it_must_not(room: MailRoom) -> None:
    def too_late() -> None:
        raise MessageUnavailable("held up")

    with pytest.raises(MessageUnavailable, match="held up"):
        await mail_of(room).send(LETTER, too_late)
    assert room.arrived == []


@pytest.mark.parametrize(
    "to", ["", "ana", "a b@example.com", "ana@example.com\nBcc: all@example.com", "änä@x.de"]
)
async def test_what_is_no_address_is_undeliverable(room: MailRoom, to: str) -> None:
    assert isinstance(await mail_of(room).send(replace(LETTER, to=to)), Undeliverable)
    assert room.arrived == []


async def test_names_and_passwords_go_over_tls_only(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    async with mail_room(
        server_side, authenticator=check_password, auth_required=True, require_starttls=True
    ) as room:
        mail = mail_of(room, username=USER, password=PASSWORD, tls=client_side)
        assert isinstance(await mail.send(LETTER), Sent)
        assert room.secured == [True]
        with pytest.raises(MessageMisused) as caught:
            await mail_of(room, username=USER, password="wrong", tls=client_side).send(LETTER)
        assert (caught.value.code, caught.value.stops_stage) == (535, True)


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    async with mail_room(server_side, implicit=True) as room:
        assert isinstance(await mail_of(room, implicit_tls=True, tls=client_side).send(LETTER), Sent)
        assert room.secured == [True]


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    server_side, _ = certificate(tmp_path)
    async with mail_room(server_side) as room:
        with pytest.raises(MessageUnavailable):
            await mail_of(room).send(LETTER)
        assert room.arrived == []


async def test_another_machine_without_starttls_gets_nothing(
    room: MailRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.adapters.mail_server._is_this_machine", lambda host: False)
    with pytest.raises(MessageMisused) as caught:
        await mail_of(room).send(LETTER)
    assert caught.value.stops_stage
    assert room.arrived == []


def test_a_url_names_the_server() -> None:
    server = MailServer.from_url(f"smtp://{USER}:{quote(PASSWORD, safe='')}@mail.example")
    assert (server.host, server.port, server.username, server.password) == (
        "mail.example",
        587,
        USER,
        PASSWORD,
    )
    assert server.needs_starttls
    assert PASSWORD not in repr(server)
    safe = MailServer.from_url("smtps://mail.example")
    assert (safe.port, safe.implicit_tls, safe.needs_starttls) == (465, True, False)
    assert not MailServer.from_url("smtp://localhost:25").needs_starttls


@pytest.mark.parametrize(
    "url", ["http://mail.example", "smtp://", "mail.example:25", "smtp://mail.example:no"]
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(UnusableMailServer, match="SMTP_URL"):
        MailServer.from_url(url)


async def test_who_wants_e_mail_gets_one(database: Database, sandbox: Sandbox, room: MailRoom) -> None:
    async with desk_of(database, sandbox) as desk:
        desk.carriers["email"] = mail_of(room)
        buyer = await desk.buyer("email", email="ana@example.com")
        order = await desk.order(buyer)
        await desk.tell(order, order)
        assert await desk.told(order) == [("email", "sent", None)]
        assert [letter["Subject"] for letter in room.arrived] == [f"Order {order.order_number} confirmed"]


async def test_an_e_mail_is_the_last_resort(database: Database, own_sandbox: Sandbox, room: MailRoom) -> None:
    async with desk_of(database, own_sandbox) as desk:
        desk.carriers["email"] = mail_of(room)
        buyer = await desk.buyer("whatsapp", "sms", "email", email="ana@example.com")
        order = await desk.order(buyer)
        own_sandbox.arm("twilio", "refused", code=21614, times=2)
        await desk.tell(order)
        assert await desk.told(order) == [
            ("whatsapp", "undeliverable", "21614"),
            ("sms", "undeliverable", "21614"),
            ("email", "sent", None),
        ]


async def test_an_e_mail_that_may_have_gone_is_not_sent_again(
    database: Database, sandbox: Sandbox, room: MailRoom
) -> None:
    async with desk_of(database, sandbox) as desk:
        desk.carriers["email"] = mail_of(room)
        buyer = await desk.buyer("email", email="ana@example.com")
        order = await desk.order(buyer)
        room.answer("DATA", None)
        await desk.tell(order, order)
        assert await desk.told(order) == [("email", "uncertain", "MessageUncertain")]
        assert len(room.arrived) == 1
