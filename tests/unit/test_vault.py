"""What the vault promises of personal data."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.vault import UnusableDataKeys, Vault, is_sealed

PHONE = "+15550107777"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_is_opened(text: str) -> None:
    sealed = Vault([NEW]).seal(text)
    assert is_sealed(sealed)
    assert Vault([NEW]).open(sealed) == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    vault = Vault([NEW])
    assert vault.seal(PHONE) != vault.seal(PHONE)


def test_a_rotated_vault_opens_what_the_older_key_sealed_and_seals_under_the_newest() -> None:
    sealed = Vault([OLD]).seal(PHONE)
    rotating = Vault([NEW, OLD])
    assert rotating.open(sealed) == PHONE
    assert Vault([NEW]).open(rotating.reseal(sealed)) == PHONE


def test_an_index_finds_the_same_address_in_another_spelling_and_no_other() -> None:
    vault = Vault([NEW])
    assert vault.index("Ana@Example.com ") == vault.index("ana@example.com")
    assert vault.index("ana@example.com") != vault.index("bea@example.com")


def test_an_index_tells_nothing_without_the_key() -> None:
    assert Vault([NEW]).index(PHONE) != Vault([OLD]).index(PHONE)


def test_during_a_rotation_rows_are_looked_for_under_all_keys() -> None:
    rotating = Vault([NEW, OLD])
    assert rotating.indexes(PHONE) == [Vault([NEW]).index(PHONE), Vault([OLD]).index(PHONE)]


@pytest.mark.parametrize("changed", range(5, 100, 7))
def test_what_was_altered_is_not_opened(changed: int) -> None:
    sealed = Vault([NEW]).seal(PHONE)
    altered = sealed[:changed] + ("A" if sealed[changed] != "A" else "B") + sealed[changed + 1 :]
    with pytest.raises(UnusableDataKeys, match="None of DATA_KEYS"):
        Vault([NEW]).open(altered)


def test_a_missing_key_is_said_and_no_key_is_shown() -> None:
    with pytest.raises(UnusableDataKeys, match="add the key that it was sealed with") as caught:
        Vault([NEW]).open(Vault([OLD]).seal(PHONE))
    assert not {NEW, OLD, PHONE} & set(str(caught.value).split())


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("short", id="short"),
        pytest.param(NEW[:-3], id="a byte short"),
        pytest.param(NEW[:-1], id="without its padding"),
        pytest.param(f"{NEW[:20]}!{NEW[21:]}", id="with a strange sign"),
        pytest.param("ключ", id="not ASCII"),
    ],
)
def test_a_malformed_key_is_named_by_its_place(key: str) -> None:
    with pytest.raises(UnusableDataKeys, match="key 2 is not 32 bytes") as caught:
        Vault([NEW, key])
    assert not key or key not in str(caught.value)


def test_without_a_key_nothing_is_written_and_what_is_plain_can_be_read() -> None:
    keyless = Vault(())
    assert not keyless.has_keys
    assert keyless.open(PHONE) == PHONE
    for attempt in (keyless.seal, keyless.index, lambda _: keyless.open(Vault([NEW]).seal(PHONE))):
        with pytest.raises(UnusableDataKeys, match="DATA_KEYS is not set"):
            attempt(PHONE)
