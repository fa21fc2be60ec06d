"""Which addresses events may be sent to."""

from __future__ import annotations

import socket

import pytest

from stages.adapters.public_addresses import PrivateAddress, is_public, public_socket
from stages.adapters.webhook_sender import UnusableUrl, check_url


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_everybody_reaches_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:db8::1",
        "127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "",
    ],
)  # fmt: skip
def test_what_leads_into_a_network_of_ones_own_is_not(address: str) -> None:
    assert not is_public(address)


def test_no_socket_is_made_for_a_private_address() -> None:
    with pytest.raises(PrivateAddress, match="is no public address"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)))
    public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))).close()


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook", "ftp://shop.example/", "shop.example/hook", "https://", "https:///hook",
        "https://user:pass@shop.example/", "https://shop.example/#part", "https://127.0.0.1/", "https://127.1/",
        "https://2130706433/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest",
        "https://shop.example:99999/", "https://shop.example/" + "x" * 2048, "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_a_url_that_nothing_should_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(UnusableUrl):
        check_url(url, allow_private=False)


def test_a_public_url_is_taken_and_a_private_one_where_the_shop_says_so() -> None:
    assert check_url("https://shop.example/hook?x=1", allow_private=False).host == "shop.example"
    assert check_url("http://127.0.0.1:8080/hook", allow_private=True).port == 8080
