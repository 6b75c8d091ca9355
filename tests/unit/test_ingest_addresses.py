from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import Address, display_name, message_ids, parse_addresses
from ingest.headers import raw_values


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("Ion Pop <Ion.Pop@Example.RO>", [("Ion Pop", "Ion.Pop@example.ro")]),
        ("=?utf-8?Q?=C8=98tefan_Pop?= <s@example.ro>", [("Ștefan Pop", "s@example.ro")]),
        ("=?windows-1250?Q?=AAtefan?= <s@example.ro>", [("Ştefan", "s@example.ro")]),
        ('"Pop, Ion" <i@example.ro>, m@example.ro', [("Pop, Ion", "i@example.ro"), ("", "m@example.ro")]),
        ("i@example.ro (Ion Pop)", [("Ion Pop", "i@example.ro")]),
        ("Grup: i@example.ro, m@example.ro;", [("", "i@example.ro"), ("", "m@example.ro")]),
        ("primaria@medias.example <rau@example.net>", [("primaria@medias.example", "rau@example.net")]),
        ("i@bücher.example", [("", "i@bücher.example")]),
        ("i@example.ro,\r\n m@example.ro", [("", "i@example.ro"), ("", "m@example.ro")]),
        ("i@example.ro <i@example.ro>", [("", "i@example.ro")]),
        ("undisclosed-recipients:;", []),
        ("Ion Pop", []),
        ("<>", []),
        ("", []),
        ("a@b@c", []),
    ],
)
def test_mailboxes_are_found_and_guesses_are_not_made(raw: str, found: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in parse_addresses([raw])] == found


def test_an_encoded_line_break_in_a_name_stays_a_blank() -> None:
    (sender,) = parse_addresses(["=?utf-8?Q?Ion=0D=0ABcc:_x@example.net?= <ion@example.ro>"])
    assert sender == Address("Ion Bcc: x@example.net", "ion@example.ro")


def test_a_name_of_raw_windows_1250_bytes_is_read() -> None:
    raw = "Şerban Niţă <s@example.ro>".encode("cp1250").decode("ascii", "surrogateescape")
    message = Message()
    message["From"] = raw
    assert parse_addresses(raw_values(message, "from"))[0].name == "Şerban Niţă"


def test_a_field_of_a_thousand_addresses_is_cut() -> None:
    assert len(parse_addresses([", ".join(f"a{number}@example.ro" for number in range(1000))])) == 200


def test_what_stands_instead_of_an_address_can_be_shown() -> None:
    assert display_name("=?utf-8?Q?Ni=C8=9B=C4=83?=") == "Niță"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("<a@b>\r\n\t<c@d> <a@b>", ("a@b", "c@d")),
        ("a@b", ("a@b",)),
        ("scrisoarea dumneavoastră din mai", ()),
        ("", ()),
    ],
)
def test_message_ids_are_taken_out_of_their_brackets(raw: str, found: tuple[str, ...]) -> None:
    assert message_ids(raw) == found


@given(st.text(max_size=200))
def test_no_field_raises(raw: str) -> None:
    for one in parse_addresses([raw]):
        assert one.address.count("@") == 1
        assert not any(character in one.name + one.address for character in "\r\n\x00")
    message_ids(raw)
