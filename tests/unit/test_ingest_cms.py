import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from ingest.cms import cms_kind, looks_like_cms, signed_content
from tests.support.mails_more import SIGNER, encrypted, signature, signed, streamed

LETTER = "Cerere semnată.\r\n".encode() * 40


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_signed_wrapper_gives_content_signer_and_time(encoding: Encoding) -> None:
    found = signed_content(signed(LETTER, encoding=encoding))
    assert found is not None
    assert (found.content, found.signers) == (LETTER, (SIGNER,))
    assert found.signed_at is not None
    assert found.signed_at.tzinfo is not None


def test_base64_without_its_armour_is_read() -> None:
    lines = signed(LETTER, encoding=Encoding.PEM).splitlines()[1:-1]
    found = signed_content(b"\r\n".join(lines))
    assert found is not None
    assert found.content == LETTER


@pytest.mark.parametrize("piece", [1, 100, 128, 300])
def test_a_streamed_wrapper_gives_its_content_in_one_piece(piece: int) -> None:
    found = signed_content(streamed(LETTER, piece))
    assert found is not None
    assert (found.content, found.signers) == (LETTER, (SIGNER,))


def test_a_signature_that_stands_apart_has_no_content() -> None:
    found = signed_content(signature(LETTER))
    assert found is not None
    assert (found.content, found.signers) == (b"", (SIGNER,))


def test_without_certificates_nobody_is_named() -> None:
    found = signed_content(signed(LETTER, pkcs7.PKCS7Options.NoCerts))
    assert found is not None
    assert (found.content, found.signers) == (LETTER, ())


def test_an_encrypted_wrapper_is_none_that_is_signed() -> None:
    raw = encrypted(LETTER)
    assert (signed_content(raw), cms_kind(raw)) == (None, "encrypted")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"0",
        b"\x30\x80" * 100_000,
        b"\x30\x84\xff\xff\xff\xff",
        bytes.fromhex("308006092a864886f70d010702a080") + b"\x30\x80" * 50_000,
        b"MIIB",
        b"-----BEGIN PKCS7-----\nMIIB\n",
        b"-----BEGIN PKCS7-----\n!!!!\n-----END PKCS7-----\n",
        "Mă numesc Ștefania.".encode(),
    ],
)
def test_hostile_and_other_bytes_are_no_wrapper(raw: bytes) -> None:
    assert (signed_content(raw), cms_kind(raw)) == (None, "")


WHOLE = signed(LETTER)


@given(cut=st.integers(0, len(WHOLE)))
def test_a_cut_wrapper_never_raises(cut: int) -> None:
    found = signed_content(WHOLE[:cut])
    assert found is None or found.content in (LETTER, b"")


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_never_raises(place: int, byte: int) -> None:
    raw = bytearray(WHOLE)
    raw[place] = byte
    signed_content(bytes(raw))
    cms_kind(bytes(raw))


@given(st.binary(max_size=300))
def test_no_bytes_raise(raw: bytes) -> None:
    looks_like_cms(raw)
    signed_content(b"\x30" + raw)
