"""A door on an address: which addresses are safe, and TLS."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stages.doors.serving import Listening, UnopenedDoor, check_safe
from stages.settings import ShopSettings
from tests.served import served
from tests.shell import tiktoksales


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "door")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file


def test_a_door_serves_over_tls_alone_and_tells_browsers_to_stay_there(
    redis_url: str, database_url: str, certified: tuple[Path, Path]
) -> None:
    cert, key = certified
    settings: dict[str, Any] = {"redis_url": redis_url, "database_url": database_url}
    options = ("--tls-cert", str(cert), "--tls-key", str(key))
    with served("gateway", *options, settings=settings, scheme="https", trusted=cert) as url:
        with httpx.Client(trust_env=False, verify=ssl.create_default_context(cafile=str(cert))) as client:
            answer = client.get(f"{url}/readyz")
            asked = client.post(f"{url}/comments", json={})
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https", "http") + "/healthz", trust_env=False)
    assert answer.json() == {"ok": True}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert asked.status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
def test_open_doors_are_refused_where_others_could_reach_them(host: str) -> None:
    with pytest.raises(UnopenedDoor, match="OPEN_DOORS"):
        check_safe(ShopSettings(open_doors=True), Listening(host, 8081))
    check_safe(ShopSettings(), Listening(host, 8081))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_open_doors_may_stand_open_on_ones_own_machine(host: str) -> None:
    check_safe(ShopSettings(open_doors=True), Listening(host, 8081))


def test_tls_needs_both_files(certified: tuple[Path, Path], tmp_path: Path) -> None:
    cert, key = certified
    for listening in (Listening("::", 1, cert), Listening("::", 1, None, key)):
        with pytest.raises(UnopenedDoor, match="both"):
            check_safe(ShopSettings(), listening)
    with pytest.raises(UnopenedDoor, match="no file"):
        check_safe(ShopSettings(), Listening("::", 1, cert, tmp_path / "none.pem"))
    check_safe(ShopSettings(), Listening("::", 1, cert, key))


async def test_the_command_says_in_a_sentence_why_a_door_stays_shut() -> None:
    said = await tiktoksales("serve", "gateway", "--host", "0.0.0.0", open_doors="true")
    assert said.status == 1
    assert said.err.startswith("tiktoksales: OPEN_DOORS asks nobody for a key, and 0.0.0.0 can be reached")
    assert said.err.count("\n") == 1
