"""A real mail server on this machine, which takes mail, refuses it, or falls silent, as it is told."""

from __future__ import annotations

import asyncio
import datetime
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "shop", "s3cret/pass@word"


@dataclass(slots=True)
class MailRoom:
    """What arrived, and what is answered to the next commands, by their name: a reply, or None for silence."""

    port: int = 0
    arrived: list[EmailMessage] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    answers: dict[str, list[str | None]] = field(default_factory=dict)

    def answer(self, command: str, *replies: str | None) -> None:
        """What the next such commands get."""
        self.answers[command] = list(replies)

    async def _reply(self, command: str, usual: str, server: SMTP) -> str:
        planned = self.answers.get(command)
        reply = planned.pop(0) if planned else usual
        if reply is None:
            _connection(server).abort()
            return "421 gone"
        return reply

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._reply("MAIL", "250 OK", server)
        if reply.startswith("250"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._reply("RCPT", "250 OK", server)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        planned = self.answers.get("DATA")
        if not planned or planned[0] is None:  # it is taken also where the answer gets lost
            letter = email.message_from_bytes(content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.arrived.append(letter)
            self.secured.append(_connection(server).get_extra_info("sslcontext") is not None)
        return await self._reply("DATA", "250 taken", server)


def _connection(server: SMTP) -> asyncio.Transport:
    assert isinstance(server.transport, asyncio.Transport)
    return server.transport


def check_password(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    """The one user."""
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def mail_room(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, **options: Any
) -> AsyncIterator[MailRoom]:
    """A running server; with `tls` it offers STARTTLS, or speaks it from the first byte."""
    room = MailRoom()
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        return SMTP(room, hostname="room", loop=loop, tls_context=None if implicit else tls, **options)

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        room.port = server.sockets[0].getsockname()[1]
        yield room
    finally:
        server.close()
        await server.wait_closed()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for 127.0.0.1: the server's side, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))
